-- One row per check that did not pass in the newest run of its job, failures first, with a sample
-- of the rows that broke it.
with runs as (
    select
        job,
        run_id,
        max(checked_at) as last_checked_at
    from check_results
    group by job, run_id
),

ranked_runs as (
    select
        job,
        run_id,
        row_number() over (
            partition by job
            order by last_checked_at desc nulls last, run_id desc nulls last
        ) as run_rank
    from runs
),

results as (
    select
        check_results.*,
        -- Several tasks of a job may ask the same check: it ended as it did last.
        row_number() over (
            partition by check_results.job, check_results.kind, check_results.check_name, check_results.table_name
            order by check_results.checked_at desc nulls last, check_results.duration_seconds desc nulls last
        ) as result_rank
    from check_results
    inner join ranked_runs
        on check_results.job = ranked_runs.job
        and check_results.run_id = ranked_runs.run_id
    where ranked_runs.run_rank = 1
)

select
    job,
    run_id,
    checked_at,
    check_name,
    kind,
    layer,
    table_name,
    severity,
    status,
    value,
    limit_value,
    rows_failing,
    sample,
    message
from results
where result_rank = 1 and status <> 'pass'
order by
    case status when 'fail' then 1 when 'error' then 1 when 'warn' then 2 else 3 end nulls last,
    layer nulls last,
    table_name nulls last,
    check_name nulls last,
    job nulls last,
    kind nulls last
