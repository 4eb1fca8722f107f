-- Touched scope: the ledger's lines, good and quarantined rows of each file are what bronze
-- holds of it. Passes where there is no ledger (Databricks keeps its own accounts).
{%- set ledger = adapter.get_relation(catalog(), target.schema ~ '_quality', 'ledger') if may_look_up() %}

{%- if not ledger %}

select 'no ledger here' as problem
where false

{%- else %}

with ledger as (
    select
        source,
        file,
        sum(lines) as lines,
        sum(good) as good,
        sum(quarantined) as quarantined
    from {{ ledger }}
    where status = 'ingested'
        and {{ touched_rows('ingested_at') }}
    group by source, file
),

bronze as (
    {%- for node in graph.sources.values() | selectattr('source_name', 'equalto', 'bronze') %}
    {{ 'union all' if not loop.first }}
    select
        '{{ node.name }}' as source,
        _source_file as file,
        count(*) as lines,
        count(case when {{ iot_toolkit.array_is_empty('_errors') }} then 1 end) as good,
        count(case when not {{ iot_toolkit.array_is_empty('_errors') }} then 1 end) as quarantined
    from {{ source('bronze', node.name) }}
    where {{ touched_rows() }}
    group by _source_file
    {%- endfor %}
)

select
    coalesce(ledger.source, bronze.source) as source,
    coalesce(ledger.file, bronze.file) as file,
    ledger.lines as ledger_lines,
    bronze.lines as bronze_lines,
    ledger.good as ledger_good,
    bronze.good as bronze_good,
    ledger.quarantined as ledger_quarantined,
    bronze.quarantined as bronze_quarantined
from ledger
full outer join bronze
    on ledger.source = bronze.source
    and ledger.file = bronze.file
where coalesce(ledger.lines, 0) <> coalesce(bronze.lines, 0)
    or coalesce(ledger.good, 0) <> coalesce(bronze.good, 0)
    or coalesce(ledger.quarantined, 0) <> coalesce(bronze.quarantined, 0)

{%- endif %}
