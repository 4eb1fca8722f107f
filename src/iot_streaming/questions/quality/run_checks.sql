-- One row per check of the run :run_id as it ended last, what did not pass first.
with ranked as (
    select
        check_results.*,
        -- Several tasks of a run may ask the same check.
        row_number() over (
            partition by kind, check_name, table_name
            order by checked_at desc nulls last, job desc nulls last
        ) as result_rank
    from check_results
    where run_id = :run_id
)

select
    check_name,
    kind,
    layer,
    table_name,
    job,
    severity,
    status,
    value,
    limit_value,
    rows_failing,
    sample,
    message,
    duration_seconds,
    checked_at
from ranked
where result_rank = 1
order by
    case status when 'fail' then 1 when 'error' then 1 when 'warn' then 2 when 'pass' then 4 else 3 end nulls last,
    layer nulls last,
    table_name nulls last,
    check_name nulls last,
    kind nulls last
