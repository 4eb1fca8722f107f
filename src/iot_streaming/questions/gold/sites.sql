-- One row per site that is not deleted: where it lies, and how many of its devices are in which
-- band.
with devices as (
    select
        location_key,
        count(*) as devices,
        sum(case when health_band = 'Good' then 1 else 0 end) as good_devices,
        sum(case when health_band = 'Maintenance required' then 1 else 0 end) as maintenance_devices,
        sum(case when health_band = 'Out of specification' then 1 else 0 end) as out_of_specification_devices,
        sum(case when health_band = 'Failure' then 1 else 0 end) as failed_devices,
        sum(case when is_silent then 1 else 0 end) as silent_devices,
        avg(health_score) as mean_health_score,
        min(health_score) as worst_health_score,
        max(last_seen_at) as last_seen_at
    from dim_devices
    where device_key <> 'unknown' and not is_deleted
    group by location_key
)

select
    dim_locations.location_id,
    dim_locations.location_name,
    dim_locations.address,
    dim_locations.city,
    dim_locations.country,
    dim_locations.latitude,
    dim_locations.longitude,
    dim_locations.timezone,
    dim_locations.customers,
    dim_locations.open_alerts,
    coalesce(devices.devices, 0) as devices,
    coalesce(devices.good_devices, 0) as good_devices,
    coalesce(devices.maintenance_devices, 0) as maintenance_devices,
    coalesce(devices.out_of_specification_devices, 0) as out_of_specification_devices,
    coalesce(devices.failed_devices, 0) as failed_devices,
    coalesce(devices.silent_devices, 0) as silent_devices,
    devices.mean_health_score,
    devices.worst_health_score,
    devices.last_seen_at
from dim_locations
left join devices on dim_locations.location_key = devices.location_key
where dim_locations.location_key <> 'unknown' and not dim_locations.is_deleted
order by devices.worst_health_score nulls last, dim_locations.location_id nulls last
