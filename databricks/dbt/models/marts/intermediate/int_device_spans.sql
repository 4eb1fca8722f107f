with hours as (
    select * from {{ ref('int_hourly_readings') }}
),

devices as (
    select * from {{ ref('stg_devices') }}
),

seen_devices as (
    select
        device_id,
        min(first_reading_at) as first_seen_at,
        max(last_reading_at) as last_seen_at
    from hours
    group by device_id
),

-- A clock that was never set (1970) must not move the start of the data.
fleet_span as (
    select
        coalesce(
            min(case when {{ calendar_key('event_date') }} <> 0 then first_reading_at end),
            min(first_reading_at)
        ) as data_from_at,
        {{ as_of() }} as as_of_at
    from hours
),

spans as (
    select
        seen_devices.device_id,
        seen_devices.first_seen_at,
        seen_devices.last_seen_at,
        fleet_span.data_from_at,
        fleet_span.as_of_at,
        -- Readings are expected since the device exists, though not from before the data.
        greatest(
            fleet_span.data_from_at,
            least(seen_devices.first_seen_at, coalesce(devices.created_at, seen_devices.first_seen_at))
        ) as observed_from_at
    from seen_devices
    left join devices on seen_devices.device_id = devices.device_id
    cross join fleet_span
)

select * from spans
