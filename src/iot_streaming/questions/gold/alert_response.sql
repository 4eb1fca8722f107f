-- One row per severity, the gravest first: time to acknowledge and to resolve of alerts that were;
-- those that were not are counted beside, not in it.
with alerts as (
    select
        severity,
        alert_points,
        is_open,
        is_acknowledge_censored,
        time_to_acknowledge_seconds,
        time_to_resolve_seconds,
        case when not is_acknowledge_censored then time_to_acknowledge_seconds end as acknowledged_seconds,
        case when not is_resolve_censored then time_to_resolve_seconds end as resolved_seconds
    from fct_alerts
)

select
    severity,
    count(*) as alerts,
    count(acknowledged_seconds) as acknowledged_alerts,
    sum(case when is_acknowledge_censored then 1 else 0 end) as unacknowledged_alerts,
    percentile_cont(0.5) within group (order by acknowledged_seconds) as acknowledge_p50_seconds,
    percentile_cont(0.9) within group (order by acknowledged_seconds) as acknowledge_p90_seconds,
    max(case when is_open and is_acknowledge_censored then time_to_acknowledge_seconds end)
        as longest_unacknowledged_seconds,
    count(resolved_seconds) as resolved_alerts,
    sum(case when is_open then 1 else 0 end) as open_alerts,
    percentile_cont(0.5) within group (order by resolved_seconds) as resolve_p50_seconds,
    percentile_cont(0.9) within group (order by resolved_seconds) as resolve_p90_seconds,
    max(case when is_open then time_to_resolve_seconds end) as longest_open_seconds
from alerts
group by severity
order by max(alert_points) desc nulls last, severity nulls last
