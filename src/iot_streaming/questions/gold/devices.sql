-- One row per device that is not deleted: where it is, whose, how it is and why; every filter that
-- is '' is off.
select
    dim_devices.device_id,
    dim_devices.device_type,
    dim_devices.product_name,
    dim_devices.status,
    dim_devices.customer_id,
    dim_customers.customer_name,
    dim_devices.location_id,
    dim_locations.location_name,
    dim_locations.city,
    dim_locations.country,
    coalesce(dim_devices.health_band, 'No score') as health_band,
    dim_devices.health_score,
    dim_devices.health_trend,
    dim_devices.health_confidence,
    dim_devices.health_cap_reason,
    dim_devices.health_first_reason,
    dim_devices.health_second_reason,
    dim_devices.recommended_action,
    dim_devices.last_seen_at,
    dim_devices.is_monitored,
    dim_devices.is_active,
    dim_devices.is_silent,
    dim_devices.sensors,
    dim_devices.silent_sensors,
    dim_devices.flat_line_sensors,
    dim_devices.battery_percent,
    dim_devices.firmware_version,
    dim_devices.open_alerts,
    dim_devices.open_critical_alerts,
    dim_devices.readings
from dim_devices
left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
left join dim_locations on dim_devices.location_key = dim_locations.location_key
where
    dim_devices.device_key <> 'unknown'
    and not dim_devices.is_deleted
    and (:band = '' or coalesce(dim_devices.health_band, 'No score') = :band)
    and (:customer_id = '' or dim_devices.customer_id = :customer_id)
    and (:location_id = '' or dim_devices.location_id = :location_id)
    and (:device_type = '' or dim_devices.device_type = :device_type)
    and (:status = '' or dim_devices.status = :status)
order by dim_devices.health_score nulls last, dim_devices.device_id nulls last
