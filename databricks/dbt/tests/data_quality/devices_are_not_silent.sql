-- Every monitored device that ever sent has sent something: within 3 intervals of its busiest sensor and an
-- hour before the watermark. Whoever takes a device out of service says so by its status.
with silence_limits as (
    {{ limits(['silent_after_intervals', 'silent_device_grace_seconds']) }}
),

watermark as (
    select {{ as_of() }} as as_of_at
),

busiest_sensors as (
    select
        device_id,
        min(expected_interval_seconds) as expected_interval_seconds
    from {{ ref('int_sensors') }}
    group by device_id
)

select
    devices.device_id,
    devices.device_type,
    devices.last_seen_at,
    watermark.as_of_at
from {{ ref('dim_devices') }} as devices
inner join busiest_sensors on devices.device_id = busiest_sensors.device_id
cross join silence_limits
cross join watermark
where devices.is_monitored
    and {{ iot_toolkit.seconds_between('devices.last_seen_at', 'watermark.as_of_at') }}
    > silence_limits.silent_after_intervals * busiest_sensors.expected_interval_seconds
    + silence_limits.silent_device_grace_seconds
