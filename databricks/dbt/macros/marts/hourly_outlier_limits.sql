{#
    CTEs that end in outlier_limits: how far a trusted reading may be from the median of its sensor
    and hour, one row for each hour that holds any which could be too far.

    from_readings: FROM and JOIN of the readings, as `facts`, with the CTE sensors.
    is_trusted: the condition that a reading is good and valid. Needs counted_hours, common_limits.
#}
{% macro hourly_outlier_limits(from_readings, is_trusted) -%}
-- Most hours hold no value that could be an outlier; only the others need the second median.
wide_hours as (
    select
        counted_hours.sensor_no,
        counted_hours.event_hour_at,
        counted_hours.trusted_median,
        counted_hours.mad_floor
    from counted_hours
    cross join common_limits
    where counted_hours.trusted_readings >= common_limits.robust_z_min_readings
        and 0.6745e0 * greatest(
            counted_hours.trusted_max - counted_hours.trusted_median,
            counted_hours.trusted_median - counted_hours.trusted_min
        ) > common_limits.robust_z_limit * counted_hours.mad_floor
),

deviations as (
    select
        wide_hours.sensor_no,
        wide_hours.event_hour_at,
        wide_hours.trusted_median,
        wide_hours.mad_floor,
        abs(facts.value - wide_hours.trusted_median) as deviation
    {{ from_readings }}
    inner join wide_hours
        on sensors.sensor_no = wide_hours.sensor_no
        and facts.event_hour_at = wide_hours.event_hour_at
    where {{ is_trusted }}
),

-- Robust z = 0.6745 (x - median) / MAD, with a floor under MAD: the sensor's own noise.
outlier_limits as (
    select
        sensor_no,
        event_hour_at,
        max(trusted_median) as trusted_median,
        (select robust_z_limit from common_limits) / 0.6745e0
        * greatest({{ iot_toolkit.median('deviation') }}, max(mad_floor)) as max_deviation
    from deviations
    group by sensor_no, event_hour_at
)
{%- endmacro %}
