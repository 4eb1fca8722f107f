-- One row per severity and class of age at the watermark of open alerts, the gravest and youngest
-- first.
with open_alerts as (
    select
        severity,
        alert_points,
        is_acknowledge_censored,
        case
            when time_to_resolve_seconds is null then 6
            when time_to_resolve_seconds < 3600 then 1
            when time_to_resolve_seconds < 14400 then 2
            when time_to_resolve_seconds < 86400 then 3
            when time_to_resolve_seconds < 604800 then 4
            else 5
        end as age_class
    from fct_alerts
    where is_open
)

select
    severity,
    age_class,
    case age_class
        when 1 then 'Under 1 hour'
        when 2 then '1 to 4 hours'
        when 3 then '4 to 24 hours'
        when 4 then '1 to 7 days'
        when 5 then 'Over 7 days'
        else 'Unknown'
    end as age,
    count(*) as alerts,
    sum(case when is_acknowledge_censored then 1 else 0 end) as unacknowledged_alerts
from open_alerts
group by severity, age_class
order by max(alert_points) desc nulls last, severity nulls last, age_class nulls last
