{{ config(severity='warn') }}
-- No monitored sensor has repeated one value over and over within the last day.
select
    metrics.device_id,
    metrics.sensor_type,
    metrics.metric_date,
    metrics.flat_line_readings
from {{ ref('agg_daily_device_metrics') }} as metrics
inner join {{ ref('dim_devices') }} as devices on metrics.device_id = devices.device_id
where metrics.flat_line_readings > 0
    and metrics.metric_date >= {{ iot_toolkit.add_days(iot_toolkit.utc_date(as_of()), '-1') }}
    and devices.is_monitored
