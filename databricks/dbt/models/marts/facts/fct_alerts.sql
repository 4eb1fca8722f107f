with alerts as (
    select * from {{ ref('stg_alerts') }}
    where not _is_deleted
),

severities as (
    select * from {{ ref('alert_severities') }}
),

closed_statuses as (
    select status
    from {{ ref('status_meanings') }}
    where entity = 'alert' and meaning = 'closed'
),

watermark as (
    select {{ as_of() }} as as_of_at
),

alerts_with_state as (
    select
        alerts.*,
        coalesce(severities.alert_points, 0) as alert_points,
        coalesce(severities.is_critical, false) as is_critical,
        alerts.resolved_at is null and closed_statuses.status is null as is_open,
        coalesce(alerts.acknowledged_at, alerts.resolved_at, watermark.as_of_at) as taken_or_over_at,
        coalesce(alerts.resolved_at, watermark.as_of_at) as over_at,
        coalesce(alerts.acknowledged_at < alerts.triggered_at, false)
        or coalesce(alerts.resolved_at < alerts.triggered_at, false) as has_impossible_times
    from alerts
    left join severities on upper(alerts.severity) = severities.severity
    left join closed_statuses on upper(alerts.status) = closed_statuses.status
    cross join watermark
),

facts as (
    select
        alert_id,
        {{ member_key('device_id') }} as device_key,
        {{ member_key('location_id') }} as location_key,
        {{ calendar_key(iot_toolkit.utc_date('triggered_at')) }} as date_key,
        device_id,
        location_id,
        threshold_id,
        sensor_type,
        severity,
        alert_points,
        is_critical,
        sensor_value,
        status,
        is_open,
        triggered_at,
        acknowledged_at,
        resolved_at,
        -- Not acknowledged: it had waited that long when it was over, or has by the watermark.
        case
            when triggered_at is not null
                and coalesce(acknowledged_at >= triggered_at, true)
                then greatest({{ iot_toolkit.seconds_between('triggered_at', 'taken_or_over_at') }}, 0e0)
        end as time_to_acknowledge_seconds,
        acknowledged_at is null as is_acknowledge_censored,
        case
            when triggered_at is not null
                and coalesce(resolved_at >= triggered_at, is_open)
                then greatest({{ iot_toolkit.seconds_between('triggered_at', 'over_at') }}, 0e0)
        end as time_to_resolve_seconds,
        is_open as is_resolve_censored,
        has_impossible_times
    from alerts_with_state
)

select * from facts
