-- One row per alert, the newest first; every filter that is '' is off. The times of one that is not
-- over run until the watermark (censored).
select
    alerts.alert_id,
    alerts.severity,
    alerts.status,
    alerts.is_open,
    alerts.is_critical,
    alerts.device_id,
    dim_devices.device_type,
    dim_devices.customer_id,
    dim_customers.customer_name,
    alerts.location_id,
    dim_locations.location_name,
    alerts.sensor_type,
    alerts.sensor_value,
    alerts.threshold_id,
    alerts.triggered_at,
    alerts.acknowledged_at,
    alerts.resolved_at,
    alerts.time_to_acknowledge_seconds,
    alerts.is_acknowledge_censored,
    alerts.time_to_resolve_seconds,
    alerts.is_resolve_censored,
    alerts.has_impossible_times
from fct_alerts as alerts
left join dim_devices on alerts.device_key = dim_devices.device_key
left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
left join dim_locations on alerts.location_key = dim_locations.location_key
where
    (:severity = '' or alerts.severity = :severity)
    and (:status = '' or alerts.status = :status)
    and (:device_id = '' or alerts.device_id = :device_id)
    and (:customer_id = '' or dim_devices.customer_id = :customer_id)
    and (:sensor_type = '' or alerts.sensor_type = :sensor_type)
order by alerts.triggered_at desc nulls last, alerts.alert_id nulls last
