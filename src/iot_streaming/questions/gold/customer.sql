-- One row: the customer :customer_id with what is on record; who is deleted or not known yet has no
-- scorecard.
select
    dim_customers.customer_id,
    dim_customers.customer_name,
    dim_customers.email,
    dim_customers.phone,
    dim_customers.segment,
    dim_customers.country,
    dim_customers.created_at,
    dim_customers.is_deleted,
    dim_customers.is_inferred,
    dim_customers.devices,
    dim_customers.active_devices,
    dim_customers.open_alerts,
    dim_customers.orders,
    dim_customers.revenue_orders,
    dim_customers.revenue_amount,
    dim_customers.first_ordered_at,
    dim_customers.last_ordered_at,
    summary.customer_score,
    summary.customer_tier,
    summary.confidence,
    summary.first_reason,
    summary.recommended_action,
    summary.scored_devices,
    summary.mean_health_score,
    summary.worst_decile_health_score,
    summary.recent_alerts,
    summary.unacknowledged_alerts,
    summary.acknowledge_p50_seconds,
    summary.acknowledge_p90_seconds,
    summary.alert_points_per_device_day,
    summary.recent_readings,
    summary.completeness,
    summary.activity_ratio
from dim_customers
left join agg_customer_summary as summary on dim_customers.customer_key = summary.customer_key
where dim_customers.customer_id = :customer_id
