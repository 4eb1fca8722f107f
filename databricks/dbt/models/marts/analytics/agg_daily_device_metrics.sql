{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key='daily_metric_key',
        pre_hook=[
            "{{ forget_moved_readings(['device_id', 'sensor_type'], 'left_rows.metric_date >= moved.event_date') }}",
            "{{ forget_days_after_as_of() }}",
            "{{ forget_backfilled_days('metric_date', days_after=[limit_in_backfill('gap_days_reported'), 2] | max) }}",
        ],
    )
}}

-- depends_on: {{ ref('int_sensor_settings') }}
-- depends_on: {{ ref('int_moved_readings') }}
-- depends_on: {{ ref('int_daily_medians') }}
{%- set changed = changed_sensor_settings('settings_hash') %}
{%- set backfilled = backfill() %}

with spans as (
    select
        device_id,
        observed_from_at,
        as_of_at,
        {{ iot_toolkit.utc_date('as_of_at') }} as as_of_date
    from {{ ref('int_device_spans') }}
),

day_limits as (
    {{ limits(['gap_days_reported']) }}
),

{% if is_incremental() %}
-- Days whose own readings, or whose observed part, are others than when their row was built.
touched_days as (
    select
        device_id,
        sensor_type,
        event_date as first_date,
        event_date as last_date
    from {{ ref('int_hourly_readings') }}
    where {{ ingested_after() }}
    {%- if backfilled %}
    union all
    -- All sensors': one without readings on these days any more may have had some.
    select distinct
        device_id,
        sensor_type,
        cast('{{ backfilled.first }}' as date) as first_date,
        cast('{{ backfilled.last }}' as date) as last_date
    from {{ ref('int_hourly_readings') }}
    {%- endif %}
    union all
    select
        moved.device_id,
        moved.sensor_type,
        {{ iot_toolkit.utc_date('moved.event_at') }} as first_date,
        spans.as_of_date as last_date
    from {{ ref('int_moved_readings') }} as moved
    inner join spans on moved.device_id = spans.device_id
    where {{ moves_at_hand('moved') }}
    union all
    select
        built.device_id,
        built.sensor_type,
        built.metric_date as first_date,
        case
            when built.observed_until_at < cast({{ iot_toolkit.add_days('built.metric_date', 1) }} as {{ iot_toolkit.instant_type() }})
                then greatest(spans.as_of_date, built.metric_date)
            else built.metric_date
        end as last_date
    from {{ this }} as built
    inner join spans on built.device_id = spans.device_id
    where built.observed_from_at <> {{ observed_from_on('built.metric_date') }}
        or built.observed_until_at <> {{ observed_until_on('built.metric_date') }}
    {%- if changed %}
    union all
    select
        hours.device_id,
        hours.sensor_type,
        hours.event_date as first_date,
        hours.event_date as last_date
    from {{ ref('int_hourly_readings') }} as hours
    where {{ is_of_changed_sensor('hours', changed) }}
    {%- endif %}
),

-- A reading may complete a flat line up to two days away, and is followed by rows for days without.
rebuilt_days as (
    select
        device_id,
        sensor_type,
        {{ iot_toolkit.add_days('min(first_date)', '-2 - greatest(max(gap_days_reported), 2)') }} as hours_from_date,
        {{ iot_toolkit.add_days('min(first_date)', '-2') }} as first_date,
        {{ iot_toolkit.add_days('max(last_date)', 'greatest(max(gap_days_reported), 2)') }} as last_date
    from touched_days
    cross join day_limits
    group by device_id, sensor_type
),

hours as (
    select all_hours.*
    from {{ ref('int_hourly_readings') }} as all_hours
    inner join rebuilt_days
        on all_hours.device_id = rebuilt_days.device_id
        and all_hours.sensor_type = rebuilt_days.sensor_type
    where all_hours.event_date between
        rebuilt_days.hours_from_date and {{ iot_toolkit.add_days('rebuilt_days.last_date', '2') }}
        -- of all sensors once more, as a subquery: the engine leaves all files and row groups before it alone
        and all_hours.event_date >= (select min(hours_from_date) from rebuilt_days)
),
{%- else %}
hours as (
    select * from {{ ref('int_hourly_readings') }}
),
{%- endif %}

{{ composed_hours('hours') }},

hours_with_latest as (
    select
        *,
        max(case when battery_last_percent is not null then event_hour_at end)
            over (partition by device_id, sensor_type, event_date) as battery_hour_at,
        max(case when firmware_last_version is not null then event_hour_at end)
            over (partition by device_id, sensor_type, event_date) as firmware_hour_at
    from composed_hours
),

days_with_readings as (
    select
        device_id,
        sensor_type,
        event_date,
        sum(readings) as readings,
        sum(valid_readings) as valid_readings,
        sum(trusted_readings) as trusted_readings,
        sum(good_readings) as good_readings,
        sum(suspect_readings) as suspect_readings,
        sum(bad_readings) as bad_readings,
        sum(out_of_range_readings) as out_of_range_readings,
        sum(unknown_unit_readings) as unknown_unit_readings,
        sum(late_readings) as late_readings,
        sum(breaches) as breaches,
        min(min_value) as min_value,
        max(max_value) as max_value,
        cast(sum(sum_value) as double) as sum_value,
        cast(sum(sum_squares) as double) as sum_squares,
        sum(filled_slots_whole) as filled_slots,
        sum(online_micros) / 1e6 as online_seconds,
        sum(flat_line_readings) as flat_line_readings,
        sum(spikes) as spikes,
        sum(outliers) as outliers,
        sum(anomalies) as anomalies,
        min(first_reading_at) as first_reading_at,
        max(last_reading_at) as last_reading_at,
        min(battery_min_percent) as battery_min_percent,
        max(case when event_hour_at = battery_hour_at then battery_last_percent end) as battery_last_percent,
        max(case when event_hour_at = firmware_hour_at then firmware_last_version end) as firmware_last_version,
        max(_ingested_at) as _ingested_at
    from hours_with_latest
    group by device_id, sensor_type, event_date
),

day_offsets as (
    select {{ iot_toolkit.days_between("cast('" ~ var('calendar_from', '2000-01-01') ~ "' as date)", 'date_day') }} as day_offset
    from {{ ref('dim_date') }}
),

-- A sensor that stops has rows without readings for some days more: that is what a gap looks like.
days as (
    select distinct
        days_with_readings.device_id,
        days_with_readings.sensor_type,
        {{ iot_toolkit.add_days('days_with_readings.event_date', 'day_offsets.day_offset') }} as metric_date
    from days_with_readings
    inner join spans on days_with_readings.device_id = spans.device_id
    cross join day_limits
    inner join day_offsets on day_offsets.day_offset between 0 and day_limits.gap_days_reported
    where day_offsets.day_offset = 0
        or {{ iot_toolkit.add_days('days_with_readings.event_date', 'day_offsets.day_offset') }} <= spans.as_of_date
),

days_to_build as (
    select days.*
    from days
    {%- if is_incremental() %}
    inner join rebuilt_days
        on days.device_id = rebuilt_days.device_id
        and days.sensor_type = rebuilt_days.sensor_type
        and days.metric_date between rebuilt_days.first_date and rebuilt_days.last_date
    {%- endif %}
),

observed_days as (
    select
        days.device_id,
        days.sensor_type,
        days.metric_date,
        {{ sensor_setting('expected_interval_seconds') }} as expected_interval_seconds,
        {{ observed_from_on('days.metric_date') }} as observed_from_at,
        {{ observed_until_on('days.metric_date') }} as observed_until_at
    from days_to_build as days
    inner join spans on days.device_id = spans.device_id
    {{ join_sensor_settings('days') }}
),

days_with_slots as (
    select
        *,
        {{ whole_slots('observed_from_at', 'observed_until_at', 'expected_interval_seconds') }} as expected_slots
    from observed_days
),

metrics as (
    select
        {{ iot_toolkit.surrogate_key(['days.device_id', 'days.sensor_type', 'days.metric_date']) }} as daily_metric_key,
        {{ member_key('days.device_id') }} as device_key,
        {{ calendar_key('days.metric_date') }} as date_key,
        days.device_id,
        days.sensor_type,
        days.metric_date,
        coalesce(found.readings, 0) as readings,
        coalesce(found.valid_readings, 0) as valid_readings,
        coalesce(found.trusted_readings, 0) as trusted_readings,
        coalesce(found.good_readings, 0) as good_readings,
        coalesce(found.suspect_readings, 0) as suspect_readings,
        coalesce(found.bad_readings, 0) as bad_readings,
        coalesce(found.out_of_range_readings, 0) as out_of_range_readings,
        coalesce(found.unknown_unit_readings, 0) as unknown_unit_readings,
        coalesce(found.late_readings, 0) as late_readings,
        coalesce(found.breaches, 0) as breaches,
        found.min_value,
        found.sum_value / nullif(found.valid_readings, 0) as avg_value,
        found.max_value,
        case
            when found.valid_readings > 1
                then sqrt(greatest(
                    (found.sum_squares - found.sum_value * found.sum_value / found.valid_readings)
                    / (found.valid_readings - 1),
                    0e0
                ))
        end as stddev_value,
        medians.median_value,
        days.expected_interval_seconds,
        days.observed_from_at,
        days.observed_until_at,
        days.expected_slots,
        case when days.expected_slots is not null then coalesce(found.filled_slots, 0) end as filled_slots,
        {{ share('coalesce(found.filled_slots, 0)', 'days.expected_slots') }} as completeness,
        case when days.expected_slots is not null then coalesce(found.online_seconds, 0e0) end as online_seconds,
        coalesce(found.flat_line_readings, 0) as flat_line_readings,
        coalesce(found.spikes, 0) as spikes,
        coalesce(found.outliers, 0) as outliers,
        coalesce(found.anomalies, 0) as anomalies,
        found.first_reading_at,
        found.last_reading_at,
        found.battery_min_percent,
        found.battery_last_percent,
        found.firmware_last_version,
        found._ingested_at
    from days_with_slots as days
    left join days_with_readings as found
        on days.device_id = found.device_id
        and days.sensor_type = found.sensor_type
        and days.metric_date = found.event_date
    left join {{ ref('int_daily_medians') }} as medians
        on days.device_id = medians.device_id
        and days.sensor_type = medians.sensor_type
        and days.metric_date = medians.event_date
)

select * from metrics
