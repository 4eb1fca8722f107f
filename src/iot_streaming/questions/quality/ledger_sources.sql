-- One row per source: the files and lines that landed in all; lines = good + quarantined.
select
    source,
    count(distinct case when status = 'ingested' then file end) as files,
    -- Of one that was rejected and read later, the later attempt counts.
    count(distinct file) - count(distinct case when status = 'ingested' then file end) as rejected_files,
    coalesce(sum(size_bytes), 0) as size_bytes,
    coalesce(sum(lines), 0) as lines,
    coalesce(sum(good), 0) as good,
    coalesce(sum(quarantined), 0) as quarantined,
    coalesce(sum(corrupt), 0) as corrupt,
    coalesce(sum(rescued), 0) as rescued,
    coalesce(sum(quarantined), 0) / nullif(sum(lines), 0) as quarantined_share,
    max(case when status = 'ingested' then ingested_at end) as last_ingested_at,
    max(case when status = 'ingested' then modified_at end) as last_landed_at
from ledger
group by source
order by source nulls last
