{#
    Predicate: the row came into bronze after the newest one this model has seen.

    Looks back `ingest_lookback_minutes` behind it, for writers that commit out of order; models
    stay right when an overlap brings a row again. The limit is a literal, so that files and row
    groups before it are skipped.
#}
{% macro ingested_after(column='_ingested_at') -%}
    {%- set lookback = ingest_lookback_minutes() -%}
    {%- if not execute -%}
        true
    {%- elif not may_look_up() -%}
        {{ column }} > (
            select coalesce(max(_ingested_at), {{ iot_toolkit.instant('1970-01-01 00:00:00') }})
            from {{ this }}
        )
    {%- else -%}
        {%- set seen = newest_ingested_at(this, lookback) -%}
        {%- if seen is none -%} true {%- else -%} {{ column }} > {{ iot_toolkit.instant(seen) }} {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Minutes behind the newest seen row: the variable, or what the engine's writers need. #}
{% macro ingest_lookback_minutes() -%}
    {%- set minutes = var('ingest_lookback_minutes', none) -%}
    {{ return(minutes if minutes is not none else adapter.dispatch('ingest_lookback_minutes')()) }}
{%- endmacro %}

{# Streaming writers may commit after one that started later. #}
{% macro default__ingest_lookback_minutes() -%}
    {{ return(60) }}
{%- endmacro %}

{# One writer a table, which commits its batches in order, and dbt runs after it. #}
{% macro spark__ingest_lookback_minutes() -%}
    {{ return(0) }}
{%- endmacro %}

{% macro databricks__ingest_lookback_minutes() -%}
    {{ return(default__ingest_lookback_minutes()) }}
{%- endmacro %}

{# One writer, which commits its batches in order. #}
{% macro duckdb__ingest_lookback_minutes() -%}
    {{ return(0) }}
{%- endmacro %}


{# The newest _ingested_at of a relation as UTC text, some minutes taken off; none without rows. #}
{% macro newest_ingested_at(relation, minutes_back=0) -%}
    {%- set micros = run_query(
        "select " ~ iot_toolkit.epoch_micros("max(_ingested_at)") ~ " as micros from " ~ relation
    ).columns[0].values()[0] -%}
    {{ return(instant_text(micros, minutes_back)) }}
{%- endmacro %}


{# Microseconds since 1970 as UTC text, some minutes taken off; none for none. #}
{% macro instant_text(micros, minutes_back=0) -%}
    {%- if micros is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime(1970, 1, 1)
        + modules.datetime.timedelta(microseconds=micros | int, minutes=-minutes_back) -%}
    {{ return(instant.strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{%- endmacro %}
