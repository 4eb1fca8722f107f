{#
    A bronze table as silver reads it: what its flow brought in, and what was released from
    quarantine since (`iot quarantine replay`), which stands in a table of its own.

    Most tables never had a release: then it is the table itself.
#}
{% macro bronze_rows(name) -%}
    {%- set bronze = source('bronze', name) -%}
    {%- if not may_look_up() -%}
        {{ return(bronze) }}
    {%- endif -%}
    {%- set released = adapter.get_relation(bronze.database, bronze.schema, name ~ '_released') -%}
    {%- if released is none -%}
        {{ return(bronze) }}
    {%- endif -%}
    {%- set declared = graph.sources.values() | selectattr('name', 'equalto', name) | first -%}
    {%- set columns = declared.columns.keys() | join(', ') -%}
    {{ return(
        '(select ' ~ columns ~ ' from ' ~ bronze ~ ' union all select ' ~ columns ~ ' from ' ~ released ~ ')'
    ) }}
{%- endmacro %}
