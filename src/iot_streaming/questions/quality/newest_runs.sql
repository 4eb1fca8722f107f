-- One row: the newest run, its verdict and counts; none when nothing has run. jobs and slowest are
-- JSON.
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
    checks_warned,
    slowest
from pipeline_runs
order by started_at desc nulls last, run_id desc nulls last
limit 1
