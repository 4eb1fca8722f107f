-- One row per sensor of a device: where it stands, the interval that is expected and the threshold
-- that it is held to.
select
    sensors.sensor_type,
    sensors.expected_interval_seconds,
    sensors.readings,
    sensors.first_reading_at,
    sensors.last_reading_at,
    sensors.as_of_at,
    sensors.is_silent,
    sensors.has_flat_line,
    sensors.flat_line_readings,
    sensors.battery_last_percent,
    sensors.firmware_last_version,
    case when own.sensor_type is not null then own.threshold_id else shared.threshold_id end as threshold_id,
    case when own.sensor_type is not null then own.threshold_min else shared.threshold_min end as threshold_min,
    case when own.sensor_type is not null then own.threshold_max else shared.threshold_max end as threshold_max,
    case
        when own.sensor_type is not null then own.threshold_severity else shared.threshold_severity
    end as threshold_severity
from int_sensors as sensors
left join int_sensor_settings as own
    on sensors.device_id = own.device_id
    and sensors.sensor_type = own.sensor_type
left join int_sensor_settings as shared
    on sensors.sensor_type = shared.sensor_type
    and shared.device_id is null
where sensors.device_id = :device_id
order by sensors.sensor_type nulls last
