{# Predicate: this row came in since everything was last found right (see touched_since). #}
{% macro touched_rows(column='_ingested_at') -%}
    {%- set recorded = recorded_touched_since() if may_look_up() and var('test_scope', 'touched') != 'all' -%}
    {%- if recorded and recorded.since is not none -%}
        {{ column }} > {{ iot_toolkit.instant(recorded.since) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{#
    dbt's own way to narrow a test (config `where`), with one word added: __touched__ stands for
    "rows that came in since everything was last found right".
#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set where = where | replace('__touched__', touched_rows()) -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as dbt_subquery') }}
{%- endmacro %}
