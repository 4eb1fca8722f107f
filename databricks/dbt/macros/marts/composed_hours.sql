{#
    CTEs that end in composed_hours: rows of int_hourly_readings with the loose ends to their
    neighbouring hours tied up.

    Adds to each row flat_line_readings, spikes, anomalies, filled_slots_whole (of the whole
    slots between the start of observation and the watermark) and online_micros.

    hours: a CTE with rows of int_hourly_readings. It must reach far enough back and forth: runs
    are judged rightly where `flat_line_min_readings` x `consecutive_max_gap_hours` of context are there.
#}
{% macro composed_hours(hours) -%}
{%- set by_hour = 'partition by device_id, sensor_type order by event_hour_at' -%}
composition_limits as (
    {{ limits(['silent_after_intervals', 'flat_line_min_readings', 'consecutive_max_gap_hours']) }}
),

hours_with_settings as (
    select
        hours.*,
        spans.observed_from_at,
        spans.as_of_at,
        {{ sensor_setting('expected_interval_seconds') }} as expected_interval_seconds,
        {{ sensor_setting('flat_line_applies') }} as flat_line_applies,
        {{ sensor_setting('spike_limit') }} as spike_limit
    from {{ hours }} as hours
    inner join {{ ref('int_device_spans') }} as spans on hours.device_id = spans.device_id
    {{ join_sensor_settings('hours') }}
),

hours_with_neighbours as (
    select
        *,
        lag(last_reading_at) over ({{ by_hour }}) as previous_reading_at,
        lag(last_value) over ({{ by_hour }}) as previous_value,
        max(last_slot) over (
            {{ by_hour }} rows between unbounded preceding and 1 preceding
        ) as previous_slot,
        lead(first_reading_at) over ({{ by_hour }}) as next_reading_at,
        lead(first_value) over ({{ by_hour }}) as next_value,
        lead(first_run_readings) over ({{ by_hour }}) as next_run_readings,
        lead(readings) over ({{ by_hour }}) as next_readings
    from hours_with_settings
),

hours_side_by_side as (
    select
        hours.*,
        first_run_readings = readings as is_one_run,
        next_run_readings = next_readings as is_next_one_run,
        coalesce(
            {{ iot_toolkit.seconds_between('previous_reading_at', 'first_reading_at') }}
            <= consecutive_max_gap_hours * 3600,
            false
        ) as follows_previous,
        coalesce(
            {{ iot_toolkit.seconds_between('last_reading_at', 'next_reading_at') }}
            <= consecutive_max_gap_hours * 3600,
            false
        ) as precedes_next,
        silent_after_intervals,
        flat_line_min_readings
    from hours_with_neighbours as hours
    cross join composition_limits
),

hours_continued as (
    select
        *,
        coalesce(flat_line_applies and follows_previous and first_value = previous_value, false) as continues_run,
        coalesce(flat_line_applies and precedes_next and last_value = next_value, false) as run_goes_on,
        coalesce(
            follows_previous
            and (readings > 1 or precedes_next)
            and {{ is_spike(
                'previous_value',
                'first_value',
                '(case when readings > 1 then second_value else next_value end)',
                'spike_limit'
            ) }},
            false
        ) as is_first_spike,
        coalesce(
            readings > 1 and precedes_next
            and {{ is_spike('last_but_one_value', 'last_value', 'next_value', 'spike_limit') }},
            false
        ) as is_last_spike,
        coalesce(
            first_slot = previous_slot
            or first_slot * expected_interval_seconds * 1e6 < {{ iot_toolkit.epoch_micros('observed_from_at') }},
            false
        ) as is_first_slot_void,
        coalesce(
            (last_slot + 1) * expected_interval_seconds * 1e6 > {{ iot_toolkit.epoch_micros('as_of_at') }},
            false
        ) as is_last_slot_void
    from hours_side_by_side
),

-- The last run of an hour goes on through hours that are one run, up to the first run of another.
hours_in_runs as (
    select
        *,
        sum(case when is_one_run and continues_run then 0 else 1 end) over (
            {{ by_hour }} rows between unbounded preceding and current row
        ) as run_no
    from hours_continued
),

hours_with_run_length as (
    select
        *,
        sum(last_run_readings) over (partition by device_id, sensor_type, run_no)
        + max(case when run_goes_on and not is_next_one_run then next_run_readings else 0 end)
            over (partition by device_id, sensor_type, run_no) as run_readings
    from hours_in_runs
),

hours_with_both_runs as (
    select
        *,
        case
            when is_one_run then 0
            when continues_run then lag(run_readings) over ({{ by_hour }})
            else first_run_readings
        end as previous_run_readings
    from hours_with_run_length
),

hours_with_flat_lines as (
    select
        *,
        case
            when flat_line_applies
                then flat_line_readings_inside
                    + case when run_readings >= flat_line_min_readings then last_run_readings else 0 end
                    + case when previous_run_readings >= flat_line_min_readings then first_run_readings else 0 end
            else 0
        end as flat_line_readings
    from hours_with_both_runs
),

composed_hours as (
    select
        *,
        spikes_inside
        + case when is_first_spike then 1 else 0 end
        + case when is_last_spike then 1 else 0 end as spikes,
        outliers_or_spikes_inside
        + case when is_first_spike and is_first_outlier = 0 then 1 else 0 end
        + case when is_last_spike and is_last_outlier = 0 then 1 else 0 end
        + flat_line_readings as anomalies,
        greatest(
            filled_slots
            - case when is_first_slot_void then 1 else 0 end
            - case when is_last_slot_void and not (is_first_slot_void and first_slot = last_slot) then 1 else 0 end,
            0
        ) as filled_slots_whole,
        case
            when expected_interval_seconds is not null
                then online_micros_inside
                    + greatest(
                        least(
                            {{ iot_toolkit.epoch_micros('coalesce(next_reading_at, as_of_at)') }}
                            - {{ iot_toolkit.epoch_micros('last_reading_at') }},
                            cast(silent_after_intervals * expected_interval_seconds * 1000000 as bigint)
                        ),
                        0
                    )
        end as online_micros
    from hours_with_flat_lines
)
{%- endmacro %}
