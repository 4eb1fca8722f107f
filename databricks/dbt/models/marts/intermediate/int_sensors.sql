with daily_metrics as (
    select * from {{ ref('agg_daily_device_metrics') }}
),

settings as (
    select * from {{ ref('int_sensor_settings') }}
),

spans as (
    select * from {{ ref('int_device_spans') }}
),

sensor_limits as (
    {{ limits(['silent_after_intervals', 'silence_grace_seconds']) }}
),

days_with_latest as (
    select
        *,
        max(case when battery_last_percent is not null then last_reading_at end)
            over (partition by device_id, sensor_type) as battery_last_at,
        max(case when firmware_last_version is not null then last_reading_at end)
            over (partition by device_id, sensor_type) as firmware_last_at
    from daily_metrics
),

seen_sensors as (
    select
        device_id,
        sensor_type,
        sum(readings) as readings,
        sum(flat_line_readings) as flat_line_readings,
        min(first_reading_at) as first_reading_at,
        max(last_reading_at) as last_reading_at,
        max(battery_last_at) as battery_last_at,
        max(case when last_reading_at = battery_last_at then battery_last_percent end) as battery_last_percent,
        max(firmware_last_at) as firmware_last_at,
        max(case when last_reading_at = firmware_last_at then firmware_last_version end) as firmware_last_version
    from days_with_latest
    group by device_id, sensor_type
),

sensor_ids as (
    select device_id, sensor_type from seen_sensors
    union
    select device_id, sensor_type from settings
    where expected_interval_seconds is not null
),

sensors as (
    select
        sensor_ids.device_id,
        sensor_ids.sensor_type,
        {{ sensor_setting('expected_interval_seconds') }} as expected_interval_seconds,
        coalesce(seen_sensors.readings, 0) as readings,
        coalesce(seen_sensors.flat_line_readings, 0) as flat_line_readings,
        coalesce(seen_sensors.flat_line_readings, 0) > 0 as has_flat_line,
        seen_sensors.first_reading_at,
        seen_sensors.last_reading_at,
        seen_sensors.battery_last_at,
        seen_sensors.battery_last_percent,
        seen_sensors.firmware_last_at,
        seen_sensors.firmware_last_version,
        spans.observed_from_at,
        spans.as_of_at
    from sensor_ids
    left join seen_sensors
        on sensor_ids.device_id = seen_sensors.device_id
        and sensor_ids.sensor_type = seen_sensors.sensor_type
    left join spans on sensor_ids.device_id = spans.device_id
    {{ join_sensor_settings('sensor_ids') }}
),

sensors_with_silence as (
    select
        {{ iot_toolkit.surrogate_key(['sensors.device_id', 'sensors.sensor_type']) }} as sensor_key,
        {{ member_key('sensors.device_id') }} as device_key,
        sensors.*,
        {{ iot_toolkit.seconds_between('last_reading_at', 'as_of_at') }}
        > silent_after_intervals * expected_interval_seconds + silence_grace_seconds as is_silent
    from sensors
    cross join sensor_limits
)

select * from sensors_with_silence
