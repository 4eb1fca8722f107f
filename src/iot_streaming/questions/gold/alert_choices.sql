-- One row per value that a filter of alerts can take, with what people call it and how many alerts
-- have it.
with alerts as (
    select
        fct_alerts.severity,
        fct_alerts.status,
        fct_alerts.sensor_type,
        fct_alerts.alert_points,
        dim_devices.customer_id,
        dim_customers.customer_name
    from fct_alerts
    left join dim_devices on fct_alerts.device_key = dim_devices.device_key
    left join dim_customers on dim_devices.customer_key = dim_customers.customer_key
),

choices as (
    select
        'severity' as filter_name,
        severity as choice,
        severity as label,
        count(*) as alerts
    from alerts
    group by severity
    union all
    select
        'status' as filter_name,
        status as choice,
        status as label,
        count(*) as alerts
    from alerts
    group by status
    union all
    select
        'sensor_type' as filter_name,
        sensor_type as choice,
        sensor_type as label,
        count(*) as alerts
    from alerts
    group by sensor_type
    union all
    select
        'customer_id' as filter_name,
        customer_id as choice,
        max(coalesce(customer_name, customer_id)) as label,
        count(*) as alerts
    from alerts
    group by customer_id
)

select
    filter_name,
    choice,
    label,
    alerts
from choices
where choice is not null and choice <> ''
order by filter_name nulls last, label nulls last, choice nulls last
