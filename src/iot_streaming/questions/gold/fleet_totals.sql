-- One row: how the fleet stands at the watermark, deleted devices left out.
with watermark as (
    select max(as_of_at) as as_of_at
    from int_sensors
),

devices as (
    select
        count(*) as devices,
        coalesce(sum(case when is_monitored then 1 else 0 end), 0) as monitored_devices,
        coalesce(sum(case when is_active then 1 else 0 end), 0) as active_devices,
        coalesce(sum(case when is_silent then 1 else 0 end), 0) as silent_devices,
        coalesce(sum(case when silent_sensors > 0 then 1 else 0 end), 0) as devices_with_silent_sensors,
        coalesce(sum(case when health_score is not null then 1 else 0 end), 0) as scored_devices,
        coalesce(sum(case when health_band <> 'Good' then 1 else 0 end), 0) as unwell_devices,
        avg(health_score) as mean_health_score,
        avg(health_trend) as mean_health_trend,
        coalesce(sum(open_alerts), 0) as open_alerts,
        coalesce(sum(open_critical_alerts), 0) as open_critical_alerts,
        max(last_seen_at) as last_seen_at
    from dim_devices
    where device_key <> 'unknown' and not is_deleted
)

select
    devices.*,
    watermark.as_of_at
from devices
cross join watermark
