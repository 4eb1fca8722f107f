-- One row per severity and UTC day of the last :days days on which alerts were raised, and how many
-- of them are open still.
with newest as (
    select max(dim_date.date_day) as last_day
    from fct_alerts
    inner join dim_date on fct_alerts.date_key = dim_date.date_key
)

select
    dim_date.date_day,
    alerts.severity,
    count(*) as alerts,
    sum(case when alerts.is_open then 1 else 0 end) as open_alerts
from fct_alerts as alerts
inner join dim_date on alerts.date_key = dim_date.date_key
cross join newest
where dim_date.date_day > newest.last_day - cast(:days as integer)
group by dim_date.date_day, alerts.severity
order by dim_date.date_day nulls last, max(alerts.alert_points) desc nulls last, alerts.severity nulls last
