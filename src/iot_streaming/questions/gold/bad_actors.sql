-- One row per device of the ten that raised most alerts in the last :days days, with its share of
-- all and that of it and those above it.
with watermark as (
    select max(as_of_at) as as_of_at
    from int_sensors
),

counted as (
    select
        alerts.device_key,
        count(*) as alerts,
        sum(alerts.alert_points) as alert_points,
        sum(case when alerts.is_open then 1 else 0 end) as open_alerts,
        max(alerts.triggered_at) as last_alert_at
    from fct_alerts as alerts
    cross join watermark
    where
        alerts.device_id is not null
        and alerts.triggered_at > watermark.as_of_at - interval '1' day * cast(:days as integer)
    group by alerts.device_key
),

ranked as (
    select
        counted.*,
        row_number() over (
            order by counted.alerts desc nulls last, counted.alert_points desc nulls last, counted.device_key nulls last
        ) as rank_no,
        sum(counted.alerts) over () as all_alerts
    from counted
)

select
    ranked.rank_no,
    dim_devices.device_id,
    dim_devices.device_type,
    dim_customers.customer_name,
    dim_devices.location_id,
    ranked.alerts,
    ranked.alert_points,
    ranked.open_alerts,
    ranked.last_alert_at,
    ranked.alerts / ranked.all_alerts as share,
    sum(ranked.alerts) over (order by ranked.rank_no nulls last rows unbounded preceding)
    / ranked.all_alerts as cumulative_share
from ranked
inner join dim_devices on ranked.device_key = dim_devices.device_key
left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
where ranked.rank_no <= 10
order by ranked.rank_no nulls last
