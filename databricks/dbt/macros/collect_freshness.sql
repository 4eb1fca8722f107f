{#
    dbt's own question, how old a source is, with one thing added: IOT_FRESHNESS_AS_OF (UTC text)
    stands for now where it is set. `iot run` sets it: to its clock, and for a simulation, which
    time doesn't add to, to its newest ingestion.
#}
{% macro collect_freshness(source, loaded_at_field, filter) -%}
    {%- set as_of = env_var('IOT_FRESHNESS_AS_OF', '') -%}
    {%- if not as_of -%}
        {{ return(adapter.dispatch('collect_freshness', 'dbt')(source, loaded_at_field, filter)) }}
    {%- endif -%}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            max({{ loaded_at_field }}) as max_loaded_at,
            {{ iot_toolkit.instant(as_of) }} as snapshotted_at
        from {{ source }}
        {%- if filter %}
        where {{ filter }}
        {%- endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
