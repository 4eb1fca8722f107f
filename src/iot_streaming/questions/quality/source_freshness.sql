-- One row per source as its freshness was judged last, the stalest against its limit first.
with ranked as (
    select
        check_results.*,
        row_number() over (
            partition by check_results.table_name
            order by check_results.checked_at desc nulls last, check_results.run_id desc nulls last
        ) as result_rank
    from check_results
    where check_results.kind = 'freshness'
)

select
    table_name as source,
    status,
    severity,
    value as age_seconds,
    limit_value as limit_seconds,
    value / nullif(limit_value, 0) as limit_used,
    checked_at,
    run_id,
    message
from ranked
where result_rank = 1
order by
    case when status = 'pass' then 1 else 0 end nulls last,
    value / nullif(limit_value, 0) desc nulls last,
    table_name nulls last
