-- One row per file that could not be brought in up to now, the newest first, with the reason.
with attempts as (
    select
        ledger.*,
        max(case when status = 'ingested' then 1 else 0 end) over (partition by source, file) as was_ingested,
        row_number() over (partition by source, file order by ingested_at desc nulls last) as attempt_rank
    from ledger
)

select
    source,
    file,
    status,
    reason,
    size_bytes,
    modified_at,
    ingested_at
from attempts
where was_ingested = 0 and attempt_rank = 1
order by ingested_at desc nulls last, source nulls last, file nulls last
