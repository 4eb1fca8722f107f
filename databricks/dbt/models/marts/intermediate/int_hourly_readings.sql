{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key=['device_id', 'sensor_type', 'event_hour_at'],
        pre_hook=[
            "{{ forget_moved_readings(['device_id', 'sensor_type', 'event_hour_at']) }}",
            "{{ forget_backfilled_days('event_date') }}",
        ],
    )
}}

{#-
    Each row follows from the readings of its own hour alone; what needs the neighbouring hours
    (a flat line across midnight) keeps its loose ends here and is tied up by composed_hours().

    Late arrivals: an hour is computed again when any of its readings came in, however old it is.

    Readings are sorted in as few and as narrow columns as will do, under a number for their
    sensor: with all columns under the names it takes ten times as long.
-#}
-- depends_on: {{ ref('int_sensor_settings') }}
-- depends_on: {{ ref('int_moved_readings') }}
{%- set changed = changed_sensor_settings('settings_hash') %}
{%- set since = earliest_touched_at() if not changed %}
{%- set is_trusted = "facts.is_valid_reading and facts.quality_flag = 'good'" %}
{#- Squared as it is: engines write a double's square as a decimal in their own ways. -#}
{%- set exact_value -%}
    cast(case when facts.is_valid_reading and abs(facts.value) < 1e9 then facts.value end as decimal(18, 6))
{%- endset %}
{%- set slot -%}
    case
        when facts.is_valid_reading
            then {{ slot_of(iot_toolkit.epoch_micros('facts.event_at'), 'sensors.expected_interval_seconds') }}
    end
{%- endset %}
{%- set from_facts -%}
    from {{ 'touched_facts' if is_incremental() else ref('fct_iot_events') }} as facts
    inner join sensors
        on facts.device_id = sensors.device_id
        and facts.sensor_type = sensors.sensor_type
{%- endset %}

with common_limits as (
    {{ limits([
        'silent_after_intervals', 'robust_z_limit', 'robust_z_min_readings',
        'flat_line_min_readings', 'consecutive_max_gap_hours',
    ]) }}
),

{% if is_incremental() %}
touched_hours as (
    select
        device_id,
        sensor_type,
        event_hour_at
    from {{ ref('fct_iot_events') }}
    where {{ readings_at_hand(ref('fct_iot_events')) }}
    union
    select
        device_id,
        sensor_type,
        {{ iot_toolkit.utc_hour('event_at') }} as event_hour_at
    from {{ ref('int_moved_readings') }}
    where {{ moves_at_hand() }}
    {%- if changed %}
    union
    select
        hours.device_id,
        hours.sensor_type,
        hours.event_hour_at
    from {{ this }} as hours
    where {{ is_of_changed_sensor('hours', changed) }}
    {%- endif %}
),

touched_facts as (
    select facts.*
    from {{ ref('fct_iot_events') }} as facts
    where (facts.device_id, facts.sensor_type, facts.event_hour_at) in (
        select
            touched_hours.device_id,
            touched_hours.sensor_type,
            touched_hours.event_hour_at
        from touched_hours
    )
        {%- if since %}
        and facts.event_hour_at >= {{ iot_toolkit.instant(since.strftime('%Y-%m-%d %H:00:00')) }}
        {%- endif %}
),
{%- endif %}

seen_sensors as (
    select distinct
        device_id,
        sensor_type
    from {{ 'touched_hours' if is_incremental() else ref('fct_iot_events') }}
),

sensors as (
    select
        seen_sensors.device_id,
        seen_sensors.sensor_type,
        row_number() over (order by seen_sensors.device_id, seen_sensors.sensor_type) as sensor_no,
        {{ sensor_setting('expected_interval_seconds') }} as expected_interval_seconds,
        {{ sensor_setting('flat_line_applies') }} as flat_line_applies,
        {{ sensor_setting('spike_limit') }} as spike_limit,
        {{ sensor_setting('mad_floor') }} as mad_floor
    from seen_sensors
    {{ join_sensor_settings('seen_sensors') }}
),

-- What holds in any order of the readings.
counted_hours as (
    select
        sensors.sensor_no,
        facts.event_hour_at,
        min(facts.event_date) as event_date,
        count(*) as readings,
        sum(case when facts.is_valid_reading then 1 else 0 end) as valid_readings,
        sum(case when {{ is_trusted }} then 1 else 0 end) as trusted_readings,
        sum(case when facts.quality_flag = 'good' then 1 else 0 end) as good_readings,
        sum(case when facts.quality_flag = 'suspect' then 1 else 0 end) as suspect_readings,
        sum(case when facts.quality_flag = 'bad' then 1 else 0 end) as bad_readings,
        sum(case when facts.is_in_physical_range then 0 else 1 end) as out_of_range_readings,
        sum(case when facts.unit_ucum is null then 1 else 0 end) as unknown_unit_readings,
        sum(case when facts.is_late then 1 else 0 end) as late_readings,
        sum(case when facts.is_breach then 1 else 0 end) as breaches,
        min(case when facts.is_valid_reading then facts.value end) as min_value,
        max(case when facts.is_valid_reading then facts.value end) as max_value,
        -- Decimal sums are exact, so they don't depend on the order of the rows.
        sum({{ exact_value }}) as sum_value,
        -- One digit more, or DuckDB has its product in 18; with two more Spark has no room for all places.
        sum(cast({{ exact_value }} as decimal(19, 6)) * {{ exact_value }}) as sum_squares,
        -- A median keeps all its values in memory: only where an outlier could be one.
        {{ iot_toolkit.median("case when " ~ is_trusted ~ " and sensors.mad_floor is not null then facts.value end") }} as trusted_median,
        min(case when {{ is_trusted }} then facts.value end) as trusted_min,
        max(case when {{ is_trusted }} then facts.value end) as trusted_max,
        max(sensors.mad_floor) as mad_floor,
        min({{ slot }}) as first_slot,
        max({{ slot }}) as last_slot,
        min(facts.event_at) as first_reading_at,
        max(facts.event_at) as last_reading_at,
        min(facts.battery_level) as battery_min_percent,
        max(facts._ingested_at) as _ingested_at
    {{ from_facts }}
    group by sensors.sensor_no, facts.event_hour_at
),

{{ hourly_outlier_limits(from_facts, is_trusted) }},

-- Judged against its neighbours is only what nothing else is wrong with.
readings as (
    select
        sensors.sensor_no,
        facts.event_hour_at,
        {{ iot_toolkit.epoch_micros('facts.event_at') }} as event_micros,
        case when facts.is_valid_reading then {{ iot_toolkit.epoch_micros('facts.event_at') }} end as valid_micros,
        case when {{ is_trusted }} then facts.value end as trusted_value,
        facts.battery_level,
        facts.firmware_version
    {{ from_facts }}
),

-- Readings of one instant stand in the order of their values: whichever came first, it is the same.
readings_with_neighbours as (
    select
        *,
        lag(event_micros) over sensor_in_time as previous_micros,
        lead(event_micros) over sensor_in_time as next_micros,
        {{ iot_toolkit.last_before('valid_micros', 'sensor_in_time') }} as previous_valid_micros,
        lag(trusted_value) over sensor_in_time as previous_value,
        lead(trusted_value) over sensor_in_time as next_value
    from readings
    window sensor_in_time as (partition by sensor_no order by event_micros, trusted_value nulls first, battery_level nulls first)
),

-- A neighbour counts when it stands in the same hour and not too far away.
readings_in_their_hour as (
    select
        readings.sensor_no,
        readings.event_hour_at,
        readings.event_micros,
        readings.valid_micros,
        case
            when readings.previous_valid_micros >= {{ iot_toolkit.epoch_micros('readings.event_hour_at') }}
                then readings.previous_valid_micros
        end as previous_valid_micros,
        readings.trusted_value,
        readings.previous_value,
        readings.next_value,
        readings.battery_level,
        readings.firmware_version,
        coalesce(
            readings.previous_micros < {{ iot_toolkit.epoch_micros('readings.event_hour_at') }},
            true
        ) as is_first,
        coalesce(
            readings.next_micros >= {{ iot_toolkit.epoch_micros('readings.event_hour_at') }} + 3600000000,
            true
        ) as is_last,
        readings.event_micros - readings.previous_micros as micros_since_previous,
        readings.next_micros - readings.event_micros as micros_to_next
    from readings_with_neighbours as readings
),

readings_beside_each_other as (
    select
        readings.*,
        not readings.is_first
        and readings.micros_since_previous <= common_limits.consecutive_max_gap_hours * 3600000000 as follows_previous,
        not readings.is_last
        and readings.micros_to_next <= common_limits.consecutive_max_gap_hours * 3600000000 as precedes_next,
        common_limits.silent_after_intervals
    from readings_in_their_hour as readings
    cross join common_limits
),

judged_readings as (
    select
        readings.*,
        sensors.expected_interval_seconds,
        -- A slot's readings follow each other: to count slots as distinct takes longer than all else.
        readings.valid_micros is not null
        and sensors.expected_interval_seconds is not null
        and coalesce(
            {{ slot_of('readings.valid_micros', 'sensors.expected_interval_seconds') }}
            <> {{ slot_of('readings.previous_valid_micros', 'sensors.expected_interval_seconds') }},
            true
        ) as is_first_of_slot,
        coalesce(
            abs(readings.trusted_value - outlier_limits.trusted_median) > outlier_limits.max_deviation,
            false
        ) as is_outlier,
        coalesce(
            readings.follows_previous and readings.precedes_next
            and {{ is_spike('readings.previous_value', 'readings.trusted_value', 'readings.next_value', 'sensors.spike_limit') }},
            false
        ) as is_spike
    from readings_beside_each_other as readings
    inner join sensors on readings.sensor_no = sensors.sensor_no
    left join outlier_limits
        on readings.sensor_no = outlier_limits.sensor_no
        and readings.event_hour_at = outlier_limits.event_hour_at
),

hours_in_order as (
    select
        sensor_no,
        event_hour_at,
        -- least() skips NULLs on both engines, so they are kept from it.
        coalesce(sum(case
            when not is_first and expected_interval_seconds is not null
                then least(
                    micros_since_previous,
                    cast(silent_after_intervals * expected_interval_seconds * 1000000 as bigint)
                )
        end), 0) as online_micros_inside,
        max(case when is_first then trusted_value end) as first_value,
        max(case when is_first and precedes_next then next_value end) as second_value,
        max(case when is_last and follows_previous then previous_value end) as last_but_one_value,
        max(case when is_last then trusted_value end) as last_value,
        max(case when is_first and is_outlier then 1 else 0 end) as is_first_outlier,
        max(case when is_last and is_outlier then 1 else 0 end) as is_last_outlier,
        count(case when is_first_of_slot then 1 end) as filled_slots,
        sum(case when is_outlier then 1 else 0 end) as outliers,
        sum(case when is_spike then 1 else 0 end) as spikes_inside,
        sum(case when is_outlier or is_spike then 1 else 0 end) as outliers_or_spikes_inside,
        max(case when is_last then battery_level end) as battery_last_percent,
        max(case when is_last then firmware_version end) as firmware_last_version
    from judged_readings
    group by sensor_no, event_hour_at
),

{{ flat_runs('readings_beside_each_other') }},

hours as (
    select
        sensors.device_id,
        sensors.sensor_type,
        counted_hours.event_hour_at,
        counted_hours.event_date,
        counted_hours.readings,
        counted_hours.valid_readings,
        counted_hours.trusted_readings,
        counted_hours.good_readings,
        counted_hours.suspect_readings,
        counted_hours.bad_readings,
        counted_hours.out_of_range_readings,
        counted_hours.unknown_unit_readings,
        counted_hours.late_readings,
        counted_hours.breaches,
        counted_hours.min_value,
        counted_hours.max_value,
        counted_hours.sum_value,
        counted_hours.sum_squares,
        hours_in_order.filled_slots,
        counted_hours.first_slot,
        counted_hours.last_slot,
        counted_hours.first_reading_at,
        counted_hours.last_reading_at,
        hours_in_order.online_micros_inside,
        hours_in_order.first_value,
        hours_in_order.second_value,
        hours_in_order.last_but_one_value,
        hours_in_order.last_value,
        hours_in_order.outliers,
        hours_in_order.is_first_outlier,
        hours_in_order.is_last_outlier,
        hours_in_order.spikes_inside,
        hours_in_order.outliers_or_spikes_inside,
        coalesce(
            hours_of_runs.first_run_readings,
            case when hours_in_order.first_value is null then 0 else 1 end
        ) as first_run_readings,
        coalesce(
            hours_of_runs.last_run_readings,
            case when hours_in_order.last_value is null then 0 else 1 end
        ) as last_run_readings,
        coalesce(hours_of_runs.flat_line_readings_inside, 0) as flat_line_readings_inside,
        counted_hours.battery_min_percent,
        hours_in_order.battery_last_percent,
        hours_in_order.firmware_last_version,
        counted_hours._ingested_at
    from counted_hours
    inner join sensors on counted_hours.sensor_no = sensors.sensor_no
    inner join hours_in_order
        on counted_hours.sensor_no = hours_in_order.sensor_no
        and counted_hours.event_hour_at = hours_in_order.event_hour_at
    left join hours_of_runs
        on counted_hours.sensor_no = hours_of_runs.sensor_no
        and counted_hours.event_hour_at = hours_of_runs.event_hour_at
)

select * from hours
{%- if not is_incremental() %}
-- later runs look at the last days: all that lies before is left alone where it lies together
order by event_date
{%- endif %}
