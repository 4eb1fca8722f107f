with customers as (
    select * from {{ ref('dim_customers') }}
    where customer_id is not null and not is_deleted
),

devices as (
    select * from {{ ref('dim_devices') }}
    where customer_id is not null and not is_deleted
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_revenue and customer_id is not null
),

alerts as (
    select * from {{ ref('fct_alerts') }}
),

device_windows as (
    select * from {{ ref('int_device_windows') }}
    where window_name = 'trend'
),

hours as (
    select * from {{ ref('int_hourly_readings') }}
),

weights as (
    select
        component,
        weight,
        reason,
        recommended_action
    from {{ ref('score_weights') }}
    where score = 'scorecard'
),

bands as (
    {{ score_bands('scorecard') }}
),

scorecard_limits as (
    {{ limits([
        'scorecard_activity_days', 'scorecard_worst_decile_share', 'scorecard_worst_decile_weight',
        'scorecard_alert_points_per_device_day', 'scorecard_acknowledge_target_seconds',
        'scorecard_late_share_limit',
    ]) }}
),

fleet_span as (
    select
        max(as_of_at) as as_of_at,
        min(data_from_at) as data_from_at
    from {{ ref('int_device_spans') }}
),

-- Fleet health: the mean, and how the worst tenth of the devices does.
ranked_devices as (
    select
        customer_id,
        health_score,
        count(*) over (partition by customer_id) as scored_devices,
        row_number() over (partition by customer_id order by health_score)
        <= ceil(
            count(*) over (partition by customer_id) * scorecard_limits.scorecard_worst_decile_share
        ) as is_in_worst_decile
    from devices
    cross join scorecard_limits
    where health_score is not null
),

fleet_health as (
    select
        ranked_devices.customer_id,
        max(ranked_devices.scored_devices) as scored_devices,
        {{ exact_avg('ranked_devices.health_score') }} as mean_health_score,
        {{ exact_avg('case when ranked_devices.is_in_worst_decile then ranked_devices.health_score end') }} as worst_decile_health_score,
        max(scorecard_limits.scorecard_worst_decile_weight) as worst_decile_weight
    from ranked_devices
    cross join scorecard_limits
    group by ranked_devices.customer_id
),

-- Alert experience: how many, and how soon somebody took them.
recent_alerts as (
    select
        devices.customer_id,
        alerts.alert_points,
        alerts.time_to_acknowledge_seconds,
        alerts.is_acknowledge_censored,
        scorecard_limits.scorecard_acknowledge_target_seconds as target_seconds
    from alerts
    inner join devices on alerts.device_id = devices.device_id
    inner join device_windows on alerts.device_id = device_windows.device_id
    cross join fleet_span
    cross join scorecard_limits
    where {{ iot_toolkit.seconds_between('alerts.triggered_at', 'fleet_span.as_of_at') }}
        between 0 and device_windows.observed_seconds
),

alert_burden as (
    select
        customer_id,
        count(*) as alerts,
        sum(alert_points) as alert_points,
        sum(case when is_acknowledge_censored then 1 else 0 end) as unacknowledged_alerts,
        {{ iot_toolkit.percentile('case when not is_acknowledge_censored then time_to_acknowledge_seconds end', 0.5) }}
            as acknowledge_p50_seconds,
        {{ iot_toolkit.percentile('case when not is_acknowledge_censored then time_to_acknowledge_seconds end', 0.9) }}
            as acknowledge_p90_seconds,
        -- One that still waits and has not waited past the target is not judged yet.
        sum(case when time_to_acknowledge_seconds > target_seconds then 1 else 0 end) as missed_alerts,
        sum(case
            when time_to_acknowledge_seconds > target_seconds or not is_acknowledge_censored then 1
            else 0
        end) as judged_alerts
    from recent_alerts
    group by customer_id
),

customer_windows as (
    select
        devices.customer_id,
        {{ exact_sum('greatest(device_windows.observed_seconds / 86400e0, 1e0)') }} as device_days,
        sum(device_windows.readings) as readings,
        sum(device_windows.valid_readings) as valid_readings,
        sum(device_windows.late_readings) as late_readings,
        {{ exact_avg('device_windows.completeness') }} as completeness
    from devices
    inner join device_windows on devices.device_id = device_windows.device_id
    where devices.is_monitored
    group by devices.customer_id
),

-- RFM by percent rank: equal values score equally. Who never bought scores 0.
purchases as (
    select
        customers.customer_id,
        count(orders.order_id) as revenue_orders,
        coalesce(sum(orders.total_amount), 0) as revenue_amount,
        max(orders.ordered_at) as last_ordered_at
    from customers
    left join orders on customers.customer_id = orders.customer_id
    group by customers.customer_id
),

purchase_ranks as (
    select
        customer_id,
        count(*) over () as buyers,
        percent_rank() over (order by last_ordered_at nulls first) as recency_rank,
        percent_rank() over (order by revenue_orders nulls first) as frequency_rank,
        percent_rank() over (order by revenue_amount nulls first) as monetary_rank
    from purchases
    where revenue_orders > 0
),

rfm as (
    select
        purchases.customer_id,
        purchases.revenue_orders,
        purchases.revenue_amount,
        purchases.last_ordered_at,
        -- Of one buyer alone the rank says nothing: they are the best there is.
        case
            when purchase_ranks.buyers = 1 then 1e0
            else coalesce(purchase_ranks.recency_rank, 0e0)
        end as recency_score,
        case
            when purchase_ranks.buyers = 1 then 1e0
            else coalesce(purchase_ranks.frequency_rank, 0e0)
        end as frequency_score,
        case
            when purchase_ranks.buyers = 1 then 1e0
            else coalesce(purchase_ranks.monetary_rank, 0e0)
        end as monetary_score
    from purchases
    left join purchase_ranks on purchases.customer_id = purchase_ranks.customer_id
),

-- Activity: readings of the last week against the week before; of half the data while it is young.
activity_span as (
    select
        {{ iot_toolkit.epoch_micros(iot_toolkit.utc_hour('as_of_at')) }} as as_of_hour_micros,
        cast(least(
            scorecard_activity_days * 24,
            floor(({{ iot_toolkit.seconds_between(iot_toolkit.utc_hour('data_from_at'), iot_toolkit.utc_hour('as_of_at')) }} / 3600 + 1) / 2)
        ) as bigint) as activity_hours
    from fleet_span
    cross join scorecard_limits
),

activity as (
    select
        devices.customer_id,
        sum(case
            when {{ iot_toolkit.epoch_micros('hours.event_hour_at') }}
                > as_of_hour_micros - activity_hours * 3600000000
                then hours.readings
            else 0
        end) as recent_readings,
        sum(case
            when {{ iot_toolkit.epoch_micros('hours.event_hour_at') }}
                <= as_of_hour_micros - activity_hours * 3600000000
                then hours.readings
            else 0
        end) as earlier_readings
    from hours
    inner join devices on hours.device_id = devices.device_id
    cross join activity_span
    where hours.event_hour_at
        > {{ iot_toolkit.instant_of_epoch_micros('as_of_hour_micros - 2 * activity_hours * 3600000000') }}
        and {{ iot_toolkit.epoch_micros('hours.event_hour_at') }} <= as_of_hour_micros
    group by devices.customer_id
),

scored_customers as (
    select
        customers.customer_key,
        customers.customer_id,
        customers.customer_name,
        customers.segment,
        customers.country,
        customers.devices,
        customers.active_devices,
        coalesce(fleet_health.scored_devices, 0) as scored_devices,
        fleet_health.mean_health_score,
        fleet_health.worst_decile_health_score,
        customers.open_alerts,
        coalesce(alert_burden.alerts, 0) as recent_alerts,
        coalesce(alert_burden.unacknowledged_alerts, 0) as unacknowledged_alerts,
        alert_burden.acknowledge_p50_seconds,
        alert_burden.acknowledge_p90_seconds,
        coalesce(alert_burden.alert_points, 0) / customer_windows.device_days as alert_points_per_device_day,
        rfm.revenue_orders,
        rfm.revenue_amount,
        rfm.last_ordered_at,
        rfm.recency_score,
        rfm.frequency_score,
        rfm.monetary_score,
        customer_windows.readings as recent_readings,
        customer_windows.completeness,
        activity.recent_readings / nullif(cast(activity.earlier_readings as double), 0) as activity_ratio,
        (
            (1 - fleet_health.worst_decile_weight) * fleet_health.mean_health_score
            + fleet_health.worst_decile_weight * fleet_health.worst_decile_health_score
        ) / 100 as fleet_health,
        case
            when customer_windows.customer_id is null then null
            when coalesce(alert_burden.judged_alerts, 0) = 0 then {{ alert_calm() }}
            else (
                {{ alert_calm() }}
                + 1 - cast(alert_burden.missed_alerts as double) / alert_burden.judged_alerts
            ) / 2
        end as alert_experience,
        (rfm.recency_score + rfm.frequency_score + rfm.monetary_score) / 3 as rfm,
        {{ share('activity.recent_readings', 'activity.earlier_readings') }} as activity_trend,
        (
            {{ share('customer_windows.valid_readings', 'customer_windows.readings') }}
            + 1 - {{ share(
                '(cast(customer_windows.late_readings as double) / nullif(customer_windows.readings, 0))',
                'scorecard_limits.scorecard_late_share_limit'
            ) }}
            + customer_windows.completeness
        ) / 3 as data_trust
    from customers
    inner join rfm on customers.customer_id = rfm.customer_id
    left join fleet_health on customers.customer_id = fleet_health.customer_id
    left join alert_burden on customers.customer_id = alert_burden.customer_id
    left join customer_windows on customers.customer_id = customer_windows.customer_id
    left join activity on customers.customer_id = activity.customer_id
    cross join scorecard_limits
),

{{ weighted_score(
    'scored_customers', 'weights', 'customer_id',
    ['fleet_health', 'alert_experience', 'rfm', 'activity_trend', 'data_trust']
) }},

summary as (
    select
        scored_customers.customer_key,
        scored_customers.customer_id,
        scored_customers.customer_name,
        scored_customers.segment,
        scored_customers.country,
        scores.score as customer_score,
        bands.band as customer_tier,
        scores.confidence,
        scores.first_reason,
        scores.recommended_action,
        scored_customers.fleet_health,
        scored_customers.alert_experience,
        scored_customers.rfm,
        scored_customers.activity_trend,
        scored_customers.data_trust,
        scored_customers.devices,
        scored_customers.active_devices,
        scored_customers.scored_devices,
        scored_customers.mean_health_score,
        scored_customers.worst_decile_health_score,
        scored_customers.open_alerts,
        scored_customers.recent_alerts,
        scored_customers.unacknowledged_alerts,
        scored_customers.acknowledge_p50_seconds,
        scored_customers.acknowledge_p90_seconds,
        scored_customers.alert_points_per_device_day,
        scored_customers.revenue_orders,
        scored_customers.revenue_amount,
        scored_customers.last_ordered_at,
        scored_customers.recency_score,
        scored_customers.frequency_score,
        scored_customers.monetary_score,
        scored_customers.recent_readings,
        scored_customers.completeness,
        scored_customers.activity_ratio
    from scored_customers
    left join scores on scored_customers.customer_id = scores.customer_id
    {{ join_score_band('scores.score') }}
)

select * from summary
