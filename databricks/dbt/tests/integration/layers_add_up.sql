-- Whole history, by counting alone: the keys of good changes in bronze are the rows of silver, and the rows
-- of silver are the facts. (Of events, bronze and silver are counted by the test of that name.)
{%- set facts = {
    'stg_orders': 'fct_orders',
    'stg_alerts': 'fct_alerts',
} %}
with counts as (
    {%- for source_name, silver in bronze_keys().items() if source_name != 'iot_events' %}
    {%- set key_hash = iot_toolkit.quick_hash(silver[1]) %}
    {{ 'union all' if not loop.first }}
    select
        '{{ silver[0] }}' as table_name,
        'distinct {{ silver[1] }} of good rows in bronze {{ source_name }}' as expected,
        (
            select count(distinct {{ key_hash }})
            from {{ bronze_rows(source_name) }}
            where {{ is_good_row(source_name) }}
        ) as expected_rows,
        (select count(*) from {{ ref(silver[0]) }}) as found_rows
    {%- endfor %}
    {%- for silver, fact in facts.items() %}
    union all
    select
        '{{ fact }}' as table_name,
        'rows of {{ silver }} that are not deleted' as expected,
        (select count(*) from {{ ref(silver) }} where not _is_deleted) as expected_rows,
        (select count(*) from {{ ref(fact) }}) as found_rows
    {%- endfor %}
    union all
    select
        'fct_iot_events' as table_name,
        'rows of stg_iot_events' as expected,
        (select count(*) from {{ ref('stg_iot_events') }}) as expected_rows,
        (select count(*) from {{ ref('fct_iot_events') }}) as found_rows
    {%- if not var('as_of', none) %}
    union all
    select
        'agg_daily_device_metrics' as table_name,
        'rows of fct_iot_events' as expected,
        (select count(*) from {{ ref('fct_iot_events') }}) as expected_rows,
        (select coalesce(sum(readings), 0) from {{ ref('agg_daily_device_metrics') }}) as found_rows
    {%- endif %}
)

select *
from counts
where expected_rows <> found_rows
