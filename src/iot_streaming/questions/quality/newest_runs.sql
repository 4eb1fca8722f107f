-- One row per run of the newest :most, the newest first: its verdict, and how long it took.
select
    run_id,
    started_at,
    seconds,
    status
from pipeline_runs
order by started_at desc nulls last, run_id desc nulls last
limit :most
