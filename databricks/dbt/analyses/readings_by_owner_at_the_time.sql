-- Readings and breaches by who owned the device when the reading was taken, not by who owns it now.
-- Readings of before a device's first known version count for its first known owner; those of a
-- device that was deleted then, or whose row never came, for the unknown customer.
with readings as (
    select * from {{ ref('fct_iot_events') }}
),

devices as (
    select * from {{ ref('dim_devices_history') }}
),

readings_with_owner as (
    select
        readings.event_id,
        readings.is_breach,
        coalesce(devices.customer_key, 'unknown') as customer_key,
        coalesce(devices.device_version_key, 'unknown') as device_version_key
    from readings
    left join devices
        on readings.device_id = devices.device_id
        and {{ in_force_at('devices', 'readings.event_at', before_first='first_version') }}
)

select
    customer_key,
    count(*) as readings,
    count(distinct device_version_key) as device_versions,
    sum(case when is_breach then 1 else 0 end) as breaches
from readings_with_owner
group by customer_key
order by customer_key
