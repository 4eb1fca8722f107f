-- One row per run, the newest first: its verdict, how long it took and its counts. jobs is JSON.
select
    run_id,
    target,
    engine,
    started_at,
    seconds,
    status,
    jobs,
    files,
    lines,
    good,
    quarantined,
    corrupt,
    rescued,
    duplicates,
    models,
    checks,
    checks_failed,
    checks_warned
from pipeline_runs
order by started_at desc nulls last, run_id desc nulls last
