{#- The last day comes from hours, the trend from days: neither reads readings again. -#}
with sensors as (
    select * from {{ ref('int_sensors') }}
),

all_hours as (
    select * from {{ ref('int_hourly_readings') }}
),

daily_metrics as (
    select * from {{ ref('agg_daily_device_metrics') }}
),

window_limits as (
    {{ limits(['health_window_hours', 'health_trend_days']) }}
),

fleet_span as (
    select
        max(as_of_at) as as_of_at,
        {{ iot_toolkit.epoch_micros(iot_toolkit.utc_hour('max(as_of_at)')) }} as as_of_hour_micros,
        {{ iot_toolkit.utc_date('max(as_of_at)') }} as as_of_date
    from {{ ref('int_device_spans') }}
),

-- Windows begin on a whole hour, and on a whole day, and end at the watermark.
windows as (
    select
        'now' as window_name,
        {{ iot_toolkit.instant_of_epoch_micros(
            'cast(as_of_hour_micros - (health_window_hours - 1) * 3600000000 as bigint)'
        ) }} as window_from_at,
        as_of_at
    from fleet_span
    cross join window_limits
    union all
    select
        'trend' as window_name,
        cast(
            {{ iot_toolkit.add_days('as_of_date', '1 - health_trend_days') }} as {{ iot_toolkit.instant_type() }}
        ) as window_from_at,
        as_of_at
    from fleet_span
    cross join window_limits
),

-- Two days more on the left than the window: a flat line may have begun there.
recent_hours as (
    select *
    from all_hours
    where event_date >= (
        select {{ iot_toolkit.add_days(iot_toolkit.utc_date('window_from_at'), '-2') }}
        from windows
        where window_name = 'now'
    )
),

{{ composed_hours('recent_hours') }},

sensor_window_sums as (
    select
        windows.window_name,
        composed_hours.device_id,
        composed_hours.sensor_type,
        sum(composed_hours.readings) as readings,
        sum(composed_hours.valid_readings) as valid_readings,
        sum(composed_hours.trusted_readings) as trusted_readings,
        sum(composed_hours.good_readings) as good_readings,
        sum(composed_hours.suspect_readings) as suspect_readings,
        sum(composed_hours.late_readings) as late_readings,
        sum(composed_hours.anomalies) as anomalies,
        sum(composed_hours.filled_slots_whole) as filled_slots,
        sum(composed_hours.online_micros) / 1e6 as online_seconds
    from composed_hours
    inner join windows
        on windows.window_name = 'now'
        and composed_hours.event_hour_at >= windows.window_from_at
        and composed_hours.event_hour_at <= windows.as_of_at
    group by windows.window_name, composed_hours.device_id, composed_hours.sensor_type
    union all
    select
        windows.window_name,
        daily_metrics.device_id,
        daily_metrics.sensor_type,
        sum(daily_metrics.readings) as readings,
        sum(daily_metrics.valid_readings) as valid_readings,
        sum(daily_metrics.trusted_readings) as trusted_readings,
        sum(daily_metrics.good_readings) as good_readings,
        sum(daily_metrics.suspect_readings) as suspect_readings,
        sum(daily_metrics.late_readings) as late_readings,
        sum(daily_metrics.anomalies) as anomalies,
        sum(daily_metrics.filled_slots) as filled_slots,
        {{ exact_sum("daily_metrics.online_seconds") }} as online_seconds
    from daily_metrics
    inner join windows
        on windows.window_name = 'trend'
        and daily_metrics.metric_date >= {{ iot_toolkit.utc_date('windows.window_from_at') }}
        and daily_metrics.metric_date <= {{ iot_toolkit.utc_date('windows.as_of_at') }}
    group by windows.window_name, daily_metrics.device_id, daily_metrics.sensor_type
),

sensor_windows as (
    select
        windows.window_name,
        sensors.device_id,
        sensors.sensor_type,
        sums.readings,
        sums.valid_readings,
        sums.trusted_readings,
        sums.good_readings,
        sums.suspect_readings,
        sums.late_readings,
        sums.anomalies,
        {{ iot_toolkit.seconds_between('greatest(windows.window_from_at, sensors.observed_from_at)', 'windows.as_of_at') }}
            as observed_seconds,
        sums.online_seconds,
        sums.filled_slots,
        {{ whole_slots(
            'greatest(windows.window_from_at, sensors.observed_from_at)',
            'windows.as_of_at',
            'sensors.expected_interval_seconds'
        ) }} as expected_slots,
        sensors.expected_interval_seconds
    from sensors
    cross join windows
    left join sensor_window_sums as sums
        on windows.window_name = sums.window_name
        and sensors.device_id = sums.device_id
        and sensors.sensor_type = sums.sensor_type
    where sensors.observed_from_at is not null
),

device_windows as (
    select
        {{ iot_toolkit.surrogate_key(['window_name', 'device_id']) }} as device_window_key,
        window_name,
        device_id,
        max(observed_seconds) as observed_seconds,
        coalesce(sum(readings), 0) as readings,
        coalesce(sum(valid_readings), 0) as valid_readings,
        coalesce(sum(trusted_readings), 0) as trusted_readings,
        coalesce(sum(good_readings), 0) as good_readings,
        coalesce(sum(suspect_readings), 0) as suspect_readings,
        coalesce(sum(late_readings), 0) as late_readings,
        coalesce(sum(anomalies), 0) as anomalies,
        -- The device was there when any of its sensors was; whether all were is completeness.
        max(case
            when expected_interval_seconds is not null
                then {{ share('coalesce(online_seconds, 0)', 'observed_seconds') }}
        end) as availability,
        {{ exact_avg(share('coalesce(filled_slots, 0)', 'expected_slots')) }} as completeness
    from sensor_windows
    group by window_name, device_id
)

select * from device_windows
