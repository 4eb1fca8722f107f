-- What the ledger says of each file, once, is what bronze holds of it: lines, good and quarantined
-- rows. So each source's ledger adds up to its bronze table. Touched scope, and the whole history of
-- a source whose lines and rows are not as many (see compared_files): a row that is lost or doubled
-- long after its run is found. Passes where there is no ledger (Databricks keeps its own accounts).
{%- set ledger = ledger_relation() %}
{%- set compared = compared_files() %}
with ledger as (
    {%- if ledger %}
    select
        source,
        file,
        count(*) as entries,
        sum(lines) as lines,
        sum(good) as good,
        sum(quarantined) as quarantined
    from {{ ledger }}
    where {{ compared.ledger }}
    group by source, file
    {%- else %}
    select
        cast(null as string) as source,
        cast(null as string) as file,
        1 as entries,
        0 as lines,
        0 as good,
        0 as quarantined
    where false
    {%- endif %}
),

bronze as (
    {%- for source_name in bronze_keys() %}
    {{ 'union all' if not loop.first }}
    select
        '{{ source_name }}' as source,
        _source_file as file,
        count(*) as lines,
        count(case when {{ iot_toolkit.array_is_empty('_errors') }} then 1 end) as good
    from {{ source('bronze', source_name) }}
    where {{ compared.bronze.get(source_name, 'false') }}
    group by _source_file
    {%- endfor %}
)

select
    coalesce(ledger.source, bronze.source) as source,
    coalesce(ledger.file, bronze.file) as file,
    ledger.entries as ledger_entries,
    ledger.lines as ledger_lines,
    bronze.lines as bronze_lines,
    ledger.good as ledger_good,
    bronze.good as bronze_good,
    ledger.quarantined as ledger_quarantined,
    bronze.lines - bronze.good as bronze_quarantined
from ledger
full outer join bronze
    on ledger.source = bronze.source
    and ledger.file = bronze.file
where coalesce(ledger.entries, 0) > 1
    or coalesce(ledger.lines, 0) <> coalesce(bronze.lines, 0)
    or coalesce(ledger.good, 0) <> coalesce(bronze.good, 0)
    or coalesce(ledger.quarantined, 0) <> coalesce(bronze.lines - bronze.good, 0)
