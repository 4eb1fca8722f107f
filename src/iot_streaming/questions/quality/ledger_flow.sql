-- One row: the way of the event lines that landed so far; landed = good + quarantined, good =
-- silver + duplicates. Lines released from quarantine later are not in it.
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
        row_number() over (order by started_at desc nulls last, run_id desc nulls last) as run_rank
    from pipeline_runs
    where duplicates is not null
)

select
    landed.landed,
    landed.good,
    landed.quarantined,
    landed.corrupt,
    landed.rescued,
    ranked_runs.duplicates,
    landed.good - ranked_runs.duplicates as silver
from landed
left join ranked_runs on ranked_runs.run_rank = 1
