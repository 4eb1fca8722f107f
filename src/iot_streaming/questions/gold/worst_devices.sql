-- One row per device of the twenty with the lowest health score below Good, the worst first.
select
    dim_devices.device_id,
    dim_devices.device_type,
    dim_customers.customer_name,
    dim_locations.location_name,
    dim_devices.health_band,
    dim_devices.health_score,
    dim_devices.health_trend,
    coalesce(dim_devices.health_cap_reason, dim_devices.health_first_reason) as reason,
    dim_devices.recommended_action,
    dim_devices.last_seen_at,
    dim_devices.battery_percent,
    dim_devices.open_alerts
from dim_devices
left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
left join dim_locations on dim_devices.location_key = dim_locations.location_key
where dim_devices.health_band <> 'Good' and not dim_devices.is_deleted
order by dim_devices.health_score nulls last, dim_devices.device_id nulls last
limit 20
