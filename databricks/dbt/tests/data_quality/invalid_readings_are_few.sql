{{ config(severity='warn') }}
-- Less than one reading in twenty of a sensor type and day is out of range, in an unknown unit or bad.
select
    sensor_type,
    metric_date,
    sum(readings) as readings,
    sum(valid_readings) as valid_readings
from {{ ref('agg_daily_device_metrics') }}
where metric_date > {{ iot_toolkit.add_days(iot_toolkit.utc_date(as_of()), '-7') }}
group by sensor_type, metric_date
having sum(valid_readings) < 0.95 * sum(readings)
