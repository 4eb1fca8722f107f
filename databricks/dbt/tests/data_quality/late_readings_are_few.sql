{{ config(severity='warn') }}
-- Less than one reading in twenty of a day arrives late.
select
    metric_date,
    sum(readings) as readings,
    sum(late_readings) as late_readings
from {{ ref('agg_daily_device_metrics') }}
where metric_date > {{ iot_toolkit.add_days(iot_toolkit.utc_date(as_of()), '-7') }}
group by metric_date
having sum(late_readings) > 0.05 * sum(readings)
