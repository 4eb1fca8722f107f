-- One row: how many alerts there are, how many of them are open, untaken and new at the watermark.
with watermark as (
    select max(as_of_at) as as_of_at
    from int_sensors
)

select
    count(alerts.alert_id) as alerts,
    coalesce(sum(case when alerts.is_open then 1 else 0 end), 0) as open_alerts,
    coalesce(sum(case when alerts.is_open and alerts.is_critical then 1 else 0 end), 0) as open_critical_alerts,
    coalesce(sum(case when alerts.is_open and alerts.is_acknowledge_censored then 1 else 0 end), 0)
        as unacknowledged_open_alerts,
    max(case when alerts.is_open then alerts.time_to_resolve_seconds end) as oldest_open_seconds,
    coalesce(sum(case
        when alerts.triggered_at > watermark.as_of_at - interval '1' day then 1 else 0
    end), 0) as alerts_of_last_day,
    coalesce(sum(case
        when alerts.triggered_at > watermark.as_of_at - interval '7' day then 1 else 0
    end), 0) as alerts_of_last_week,
    count(distinct case when alerts.is_open then alerts.device_id end) as devices_with_open_alerts,
    max(watermark.as_of_at) as as_of_at
from watermark
left join fct_alerts as alerts on true
