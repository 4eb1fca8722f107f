-- One row per window of a device, now (24 hours) and trend (7 days): its score, and the counts it
-- rests on.
select
    windows.window_name,
    windows.observed_seconds,
    windows.readings,
    windows.valid_readings,
    windows.trusted_readings,
    windows.good_readings,
    windows.suspect_readings,
    windows.late_readings,
    windows.anomalies,
    health.health_score,
    health.uncapped_score,
    health.confidence,
    health.cap_reason,
    health.first_reason,
    health.second_reason,
    health.recommended_action,
    health.availability,
    health.completeness,
    health.quality,
    health.stability,
    health.alert_load,
    health.battery,
    health.open_critical_alerts
from int_device_windows as windows
inner join int_device_health as health on windows.device_window_key = health.device_window_key
where windows.device_id = :device_id
order by windows.window_name nulls last
