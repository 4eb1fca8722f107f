-- One row per run that checked, the newest first: how its checks ended.
with results as (
    select
        check_results.*,
        -- Several tasks of a run may ask the same check: it ended as it did last.
        row_number() over (
            partition by run_id, kind, check_name, table_name
            order by checked_at desc nulls last, job desc nulls last
        ) as result_rank
    from check_results
)

select
    run_id,
    max(engine) as engine,
    max(checked_at) as checked_at,
    count(*) as checks,
    sum(case when status = 'pass' then 1 else 0 end) as passed_checks,
    sum(case when status = 'warn' then 1 else 0 end) as warned_checks,
    sum(case when status in ('fail', 'error') then 1 else 0 end) as failed_checks
from results
where result_rank = 1
group by run_id
order by checked_at desc nulls last, run_id desc nulls last
