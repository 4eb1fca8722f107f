-- One row per rule of a source that any row broke, the most broken first: in the newest run and in
-- all. A row may break several.
with newest as (
    select
        source,
        max(recorded_at) as recorded_at
    from expectation_results
    group by source
)

select
    results.source,
    results.expectation,
    max(results.action) as action,
    coalesce(sum(case when results.recorded_at = newest.recorded_at then results.rows_failing end), 0)
        as rows_failing_last,
    sum(results.rows_failing) as rows_failing,
    sum(results.rows_checked) as rows_checked,
    sum(results.rows_failing) / nullif(sum(results.rows_checked), 0) as failing_share
from expectation_results as results
inner join newest on results.source = newest.source
group by results.source, results.expectation
having sum(results.rows_failing) > 0
order by sum(results.rows_failing) desc nulls last, results.source nulls last, results.expectation nulls last
