with windows as (
    select * from {{ ref('int_device_windows') }}
),

sensors as (
    select * from {{ ref('int_sensors') }}
),

alerts as (
    select * from {{ ref('fct_alerts') }}
),

weights as (
    select
        component,
        weight,
        reason,
        recommended_action
    from {{ ref('score_weights') }}
    where score = 'health'
),

battery_curve as (
    select
        battery_percent as from_percent,
        component_score as from_score,
        lead(battery_percent) over (order by battery_percent) as to_percent,
        lead(component_score) over (order by battery_percent) as to_score
    from {{ ref('battery_curve') }}
),

health_limits as (
    {{ limits([
        'health_anomaly_rate_limit', 'health_alert_points_per_device_day', 'health_failure_cap',
    ]) }}
),

device_sensors as (
    select
        device_id,
        max(as_of_at) as as_of_at,
        max(battery_last_at) as battery_last_at,
        sum(case when is_silent then 1 else 0 end) as silent_sensors
    from sensors
    where as_of_at is not null
    group by device_id
),

batteries as (
    select
        sensors.device_id,
        min(sensors.battery_last_percent) as battery_percent
    from sensors
    inner join device_sensors
        on sensors.device_id = device_sensors.device_id
        and sensors.battery_last_at = device_sensors.battery_last_at
    group by sensors.device_id
),

battery_scores as (
    select
        batteries.device_id,
        battery_curve.from_score
        + (batteries.battery_percent - battery_curve.from_percent)
        * (battery_curve.to_score - battery_curve.from_score)
        / (battery_curve.to_percent - battery_curve.from_percent) as battery_score
    from batteries
    inner join battery_curve
        on batteries.battery_percent >= battery_curve.from_percent
        and (
            batteries.battery_percent < battery_curve.to_percent
            or (batteries.battery_percent = battery_curve.to_percent and battery_curve.to_percent = 100)
        )
),

alert_points as (
    select
        windows.window_name,
        windows.device_id,
        sum(alerts.alert_points) as alert_points
    from windows
    inner join device_sensors on windows.device_id = device_sensors.device_id
    inner join alerts
        on windows.device_id = alerts.device_id
        and {{ iot_toolkit.seconds_between('alerts.triggered_at', 'device_sensors.as_of_at') }}
        between 0 and windows.observed_seconds
    group by windows.window_name, windows.device_id
),

open_critical_alerts as (
    select
        device_id,
        count(*) as critical_alerts
    from alerts
    where is_open and is_critical
    group by device_id
),

scored_windows as (
    select
        windows.device_window_key,
        windows.window_name,
        windows.device_id,
        windows.availability,
        windows.completeness,
        {{ share('windows.good_readings + 0.5e0 * windows.suspect_readings', 'windows.readings') }} as quality,
        1 - {{ share(
            '(cast(windows.anomalies as double) / nullif(windows.trusted_readings, 0))',
            'health_limits.health_anomaly_rate_limit'
        ) }} as stability,
        -- Less than a day of data counts as a day: one alert in the first hour is no 24 a day.
        1 - {{ share(
            'coalesce(alert_points.alert_points, 0) / greatest(windows.observed_seconds / 86400e0, 1e0)',
            'health_limits.health_alert_points_per_device_day'
        ) }} as alert_load,
        battery_scores.battery_score as battery,
        device_sensors.silent_sensors,
        coalesce(open_critical_alerts.critical_alerts, 0) as open_critical_alerts,
        health_limits.health_failure_cap
    from windows
    inner join device_sensors on windows.device_id = device_sensors.device_id
    left join battery_scores on windows.device_id = battery_scores.device_id
    left join alert_points
        on windows.device_id = alert_points.device_id
        and windows.window_name = alert_points.window_name
    left join open_critical_alerts on windows.device_id = open_critical_alerts.device_id
    cross join health_limits
),

{{ weighted_score(
    'scored_windows', 'weights', 'device_window_key',
    ['availability', 'completeness', 'quality', 'stability', 'alert_load', 'battery']
) }},

caps as (
    select
        scored_windows.device_window_key,
        case
            when scored_windows.open_critical_alerts > 0 then 'critical_alert'
            when scored_windows.silent_sensors > 0 then 'silence'
        end as cap
    from scored_windows
),

health as (
    select
        scored_windows.device_window_key,
        scored_windows.window_name,
        scored_windows.device_id,
        case
            when caps.cap is not null then least(scores.score, scored_windows.health_failure_cap)
            else scores.score
        end as health_score,
        scores.score as uncapped_score,
        scores.confidence,
        cap_weights.reason as cap_reason,
        scores.first_reason,
        scores.second_reason,
        coalesce(cap_weights.recommended_action, scores.recommended_action) as recommended_action,
        scored_windows.availability,
        scored_windows.completeness,
        scored_windows.quality,
        scored_windows.stability,
        scored_windows.alert_load,
        scored_windows.battery,
        scored_windows.open_critical_alerts
    from scored_windows
    inner join scores on scored_windows.device_window_key = scores.device_window_key
    inner join caps on scored_windows.device_window_key = caps.device_window_key
    left join weights as cap_weights on caps.cap = cap_weights.component
)

select * from health
