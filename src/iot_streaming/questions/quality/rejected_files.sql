-- One row per file that could not be brought in, the newest first, with the reason.
select
    source,
    file,
    status,
    reason,
    size_bytes,
    modified_at,
    ingested_at
from ledger
where status <> 'ingested'
order by ingested_at desc nulls last, source, file
