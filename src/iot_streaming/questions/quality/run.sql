-- One row: the run :run_id as it was recorded. jobs and slowest are JSON.
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
where run_id = :run_id
