-- One row per window that health is judged over, now (24 hours) and trend (7 days): the fleet's
-- mean parts, 0 to 1.
select
    health.window_name,
    count(*) as devices,
    avg(health.health_score) as mean_health_score,
    avg(health.uncapped_score) as mean_uncapped_score,
    avg(health.availability) as mean_availability,
    avg(health.completeness) as mean_completeness,
    avg(health.quality) as mean_quality,
    avg(health.stability) as mean_stability,
    avg(health.alert_load) as mean_alert_load,
    avg(health.battery) as mean_battery
from int_device_health as health
inner join dim_devices on health.device_id = dim_devices.device_id
where dim_devices.is_monitored
group by health.window_name
order by health.window_name nulls last
