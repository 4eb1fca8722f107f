-- One row: the way of the event lines that landed so far; landed = good + quarantined, good + released
-- = silver + duplicates + waiting. Released are quarantined lines that silver reads by now, waiting
-- are those that came in after silver was last built.
with landed as (
    select
        coalesce(sum(lines), 0) as landed,
        coalesce(sum(good), 0) as good,
        coalesce(sum(quarantined), 0) as quarantined,
        coalesce(sum(corrupt), 0) as corrupt,
        coalesce(sum(rescued), 0) as rescued
    from ledger
    where source = 'iot_events'
),

ranked_runs as (
    select
        duplicates,
        coalesce(released, 0) as released,
        silver,
        row_number() over (order by started_at desc nulls last, run_id desc nulls last) as run_rank
    from pipeline_runs
    where silver is not null
),

-- A row also before there is any.
built as (
    select
        coalesce(max(duplicates), 0) as duplicates,
        coalesce(max(released), 0) as released,
        coalesce(max(silver), 0) as silver
    from ranked_runs
    where run_rank = 1
)

select
    landed.landed,
    landed.good,
    landed.quarantined,
    landed.corrupt,
    landed.rescued,
    built.released,
    built.duplicates,
    built.silver,
    landed.good + built.released - built.duplicates - built.silver as waiting
from landed
cross join built
