-- One row per source and UTC day on which files landed: their lines, good and kept back.
select
    source,
    cast(modified_at as date) as landed_date,
    count(distinct file) as files,
    coalesce(sum(lines), 0) as lines,
    coalesce(sum(good), 0) as good,
    coalesce(sum(quarantined), 0) as quarantined
from ledger
where status = 'ingested'
group by source, cast(modified_at as date)
order by source nulls last, cast(modified_at as date) nulls last
