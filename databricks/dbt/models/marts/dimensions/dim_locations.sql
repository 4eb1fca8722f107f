with locations as (
    select * from {{ ref('stg_locations') }}
),

devices as (
    select * from {{ ref('dim_devices') }}
    where location_id is not null
),

alerts as (
    select * from {{ ref('fct_alerts') }}
    where location_id is not null
),

reported_locations as (
    select distinct location_id from {{ ref('int_location_hours') }}
),

-- Every site that any fact or device names or named, whether its row has come yet or not.
location_ids as (
    select location_id from locations
    union
    select location_id from reported_locations
    union
    select location_id from devices
    union
    select location_id from alerts
    union
    select location_id from {{ ref('dim_devices_history') }}
    where location_id is not null
    union
    -- The unknown member: joins nothing, so all about it is NULL or none.
    select cast(null as string) as location_id
),

location_devices as (
    select
        location_id,
        count(*) as devices,
        sum(case when is_active then 1 else 0 end) as active_devices,
        count(distinct customer_id) as customers
    from devices
    where not is_deleted
    group by location_id
),

location_alerts as (
    select
        location_id,
        sum(case when is_open then 1 else 0 end) as open_alerts
    from alerts
    group by location_id
),

members as (
    select
        {{ member_key('location_ids.location_id') }} as location_key,
        location_ids.location_id,
        locations.location_name,
        locations.address,
        locations.city,
        trim(locations.country) as country,
        locations.latitude,
        locations.longitude,
        locations.timezone,
        locations.created_at,
        coalesce(locations._is_deleted, false) as is_deleted,
        location_ids.location_id is not null and locations.location_id is null as is_inferred,
        coalesce(location_devices.devices, 0) as devices,
        coalesce(location_devices.active_devices, 0) as active_devices,
        coalesce(location_devices.customers, 0) as customers,
        coalesce(location_alerts.open_alerts, 0) as open_alerts
    from location_ids
    left join locations on location_ids.location_id = locations.location_id
    left join location_devices on location_ids.location_id = location_devices.location_id
    left join location_alerts on location_ids.location_id = location_alerts.location_id
)

select * from members
