-- One row per run that asked the check :check_name, the newest first: what was measured and what it
-- was held to.
select
    run_id,
    job,
    checked_at,
    table_name,
    severity,
    status,
    value,
    limit_value,
    rows_failing,
    sample,
    message,
    duration_seconds
from check_results
where check_name = :check_name
order by checked_at desc nulls last, run_id desc nulls last, job nulls last, table_name nulls last
