-- One row per job that checks, the worst first: how the checks of its newest run ended, red, yellow
-- or green.
with results as (
    select
        check_results.*,
        -- Several tasks of a job may ask the same check: it ended as it did last.
        row_number() over (
            partition by job, run_id, kind, check_name, table_name
            order by checked_at desc nulls last, duration_seconds desc nulls last
        ) as result_rank
    from check_results
),

runs as (
    select
        job,
        run_id,
        max(engine) as engine,
        max(checked_at) as last_checked_at,
        count(*) as checks,
        sum(case when status = 'pass' then 1 else 0 end) as passed_checks,
        sum(case when status = 'warn' then 1 else 0 end) as warned_checks,
        sum(case when status in ('fail', 'error') then 1 else 0 end) as failed_checks,
        sum(case when status not in ('pass', 'warn', 'fail', 'error') then 1 else 0 end) as skipped_checks
    from results
    where result_rank = 1
    group by job, run_id
),

ranked as (
    select
        runs.*,
        row_number() over (
            partition by job
            order by last_checked_at desc nulls last, run_id desc nulls last
        ) as run_rank
    from runs
)

select
    job,
    case
        when failed_checks > 0 then 'red'
        when warned_checks > 0 then 'yellow'
        else 'green'
    end as verdict,
    run_id,
    engine,
    last_checked_at as checked_at,
    checks,
    passed_checks,
    warned_checks,
    failed_checks,
    skipped_checks
from ranked
where run_rank = 1
order by failed_checks desc nulls last, warned_checks desc nulls last, job nulls last
