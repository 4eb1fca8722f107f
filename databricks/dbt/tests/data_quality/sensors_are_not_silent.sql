{{ config(severity='warn') }}
-- Monitored sensors have reported within 3 expected intervals before the watermark.
select
    sensors.device_id,
    sensors.sensor_type,
    sensors.last_reading_at
from {{ ref('int_sensors') }} as sensors
inner join {{ ref('dim_devices') }} as devices on sensors.device_id = devices.device_id
where sensors.is_silent
    and devices.is_monitored
