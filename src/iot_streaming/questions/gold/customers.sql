-- One row per customer that is not deleted, the lowest score first: the scorecard with all its
-- parts; every filter that is '' is off.
select
    customer_id,
    customer_name,
    segment,
    country,
    customer_score,
    customer_tier,
    confidence,
    first_reason,
    recommended_action,
    fleet_health,
    alert_experience,
    rfm,
    activity_trend,
    data_trust,
    devices,
    active_devices,
    scored_devices,
    mean_health_score,
    worst_decile_health_score,
    open_alerts,
    recent_alerts,
    unacknowledged_alerts,
    acknowledge_p50_seconds,
    acknowledge_p90_seconds,
    alert_points_per_device_day,
    revenue_orders,
    revenue_amount,
    last_ordered_at,
    recency_score,
    frequency_score,
    monetary_score,
    recent_readings,
    completeness,
    activity_ratio
from agg_customer_summary
where
    (:tier = '' or customer_tier = :tier)
    and (:segment = '' or segment = :segment)
    and (:country = '' or country = :country)
order by customer_score nulls last, customer_id nulls last
