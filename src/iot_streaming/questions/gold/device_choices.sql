-- One row per value that a filter of devices can take, with what people call it and how many
-- devices have it.
with devices as (
    select
        coalesce(dim_devices.health_band, 'No score') as health_band,
        dim_devices.health_score,
        dim_devices.device_type,
        dim_devices.status,
        dim_devices.customer_id,
        dim_customers.customer_name,
        dim_devices.location_id,
        dim_locations.location_name
    from dim_devices
    left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
    left join dim_locations on dim_devices.location_key = dim_locations.location_key
    where dim_devices.device_key <> 'unknown' and not dim_devices.is_deleted
),

choices as (
    select
        'band' as filter_name,
        health_band as choice,
        health_band as label,
        count(*) as devices
    from devices
    group by health_band
    union all
    select
        'device_type' as filter_name,
        device_type as choice,
        device_type as label,
        count(*) as devices
    from devices
    group by device_type
    union all
    select
        'status' as filter_name,
        status as choice,
        status as label,
        count(*) as devices
    from devices
    group by status
    union all
    select
        'customer_id' as filter_name,
        customer_id as choice,
        max(coalesce(customer_name, customer_id)) as label,
        count(*) as devices
    from devices
    group by customer_id
    union all
    select
        'location_id' as filter_name,
        location_id as choice,
        max(coalesce(location_name, location_id)) as label,
        count(*) as devices
    from devices
    group by location_id
)

select
    filter_name,
    choice,
    label,
    devices
from choices
where choice is not null and choice <> ''
order by filter_name nulls last, label nulls last, choice nulls last
