-- One row per open alert with its age at the watermark, the gravest and then the oldest first;
-- every filter that is '' is off.
select
    alerts.alert_id,
    alerts.severity,
    alerts.status,
    alerts.is_critical,
    alerts.time_to_resolve_seconds as age_seconds,
    not alerts.is_acknowledge_censored as is_acknowledged,
    alerts.triggered_at,
    alerts.acknowledged_at,
    alerts.device_id,
    dim_devices.device_type,
    dim_devices.health_score,
    dim_devices.customer_id,
    dim_customers.customer_name,
    alerts.location_id,
    dim_locations.location_name,
    alerts.sensor_type,
    alerts.sensor_value
from fct_alerts as alerts
left join dim_devices on alerts.device_key = dim_devices.device_key
left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
left join dim_locations on alerts.location_key = dim_locations.location_key
where
    alerts.is_open
    and (:severity = '' or alerts.severity = :severity)
    and (:customer_id = '' or dim_devices.customer_id = :customer_id)
    and (:sensor_type = '' or alerts.sensor_type = :sensor_type)
order by alerts.alert_points desc nulls last, alerts.triggered_at nulls last, alerts.alert_id nulls last
