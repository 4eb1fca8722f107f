-- Days are put together from two days of context: no flat line may need more to be recognised.
with line_limits as (
    {{ limits(['flat_line_min_readings', 'consecutive_max_gap_hours']) }}
)

select *
from line_limits
where flat_line_min_readings * consecutive_max_gap_hours > 48
    or flat_line_min_readings < 2
    or flat_line_min_readings is null
    or consecutive_max_gap_hours is null
