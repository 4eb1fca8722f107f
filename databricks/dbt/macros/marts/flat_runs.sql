{#
    CTEs that end in hours_of_runs: runs of equal consecutive values, one row a sensor and hour
    that has any.

    first_run_readings and last_run_readings are of the runs that touch the hour's ends, for
    composed_hours() to tie up; flat_line_readings_inside are of runs that are long enough within.

    readings: a CTE with sensor_no, event_hour_at, event_micros, is_first, is_last, trusted_value,
    previous_value, next_value, follows_previous, precedes_next. Needs the CTEs sensors and
    common_limits.
#}
{% macro flat_runs(readings) -%}
-- Few readings are in a run, so the rest is left out first.
repeating_readings as (
    select
        readings.sensor_no,
        readings.event_hour_at,
        readings.event_micros,
        readings.is_first,
        readings.is_last,
        readings.trusted_value,
        coalesce(readings.follows_previous and readings.trusted_value = readings.previous_value, false)
            as repeats_previous
    from {{ readings }} as readings
    inner join sensors on readings.sensor_no = sensors.sensor_no
    where sensors.flat_line_applies
        and (
            (readings.follows_previous and readings.trusted_value = readings.previous_value)
            or (readings.precedes_next and readings.trusted_value = readings.next_value)
        )
),

numbered_repeats as (
    select
        *,
        sum(case when repeats_previous then 0 else 1 end) over (
            partition by sensor_no
            order by event_micros, trusted_value nulls first, repeats_previous
            rows between unbounded preceding and current row
        ) as run_no
    from repeating_readings
),

runs as (
    select
        sensor_no,
        event_hour_at,
        count(*) as run_readings,
        max(case when is_first then 1 else 0 end) as is_first_run,
        max(case when is_last then 1 else 0 end) as is_last_run
    from numbered_repeats
    group by sensor_no, event_hour_at, run_no
),

hours_of_runs as (
    select
        sensor_no,
        event_hour_at,
        max(case when is_first_run = 1 then run_readings end) as first_run_readings,
        max(case when is_last_run = 1 then run_readings end) as last_run_readings,
        sum(case
            when is_first_run = 0 and is_last_run = 0
                and run_readings >= (select flat_line_min_readings from common_limits)
                then run_readings
            else 0
        end) as flat_line_readings_inside
    from runs
    group by sensor_no, event_hour_at
)
{%- endmacro %}
