{#
    Which keys has silver? <prefix>_quality.event_keys holds a hash of each reading's event_id, for
    the look at every key that stg_iot_events takes once a run (see met_again): eight bytes a key
    are looked through in half the time that its text takes.

    stg_iot_events writes it in its own transaction. It may tell too much, as where a reading stood
    before a better one replaced it, but never too little: it is only asked when it has come as far
    as silver, and was hashed as DuckDB still does. Otherwise silver itself is.
#}
{% macro event_keys_relation() -%}
    {{ return(api.Relation.create(
        database=catalog(), schema=target.schema ~ '_quality', identifier='event_keys'
    )) }}
{%- endmacro %}


{# Post-hook of stg_iot_events: take in what this build brought. #}
{% macro keep_event_keys() -%}
    {{ return(adapter.dispatch('keep_event_keys')()) }}
{%- endmacro %}

{% macro default__keep_event_keys() -%}
{%- endmacro %}

{% macro duckdb__keep_event_keys() -%}
    {%- if execute -%}
        {%- set keys = event_keys_relation() -%}
        {%- set keys_of_rows -%}
            select hash(event_id) as key_hash, event_at, _ingested_at, hash('') as hash_of_nothing
            from {{ this }}
        {%- endset -%}
        {#- A backfill builds rows that came in at any time. -#}
        {%- if is_incremental() and not backfill() and has_event_keys() -%}
            {%- set newest = newest_ingested_at(keys, ingest_lookback_minutes()) -%}
            insert into {{ keys }}
            {{ keys_of_rows }}
            where _ingested_at > {{ iot_toolkit.instant(newest) }}
        {%- else -%}
            create or replace table {{ keys }} as {{ keys_of_rows }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Are there keys, hashed as DuckDB hashes now? #}
{% macro has_event_keys() -%}
    {%- set keys = event_keys_relation() -%}
    {%- if load_relation(keys) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(run_query(
        "select coalesce(min(hash_of_nothing) = hash('') and max(hash_of_nothing) = hash(''), false) from " ~ keys
    ).columns[0].values()[0]) }}
{%- endmacro %}


{# The least event_at that any reading in silver has whose event_id is among `keys`, a select. #}
{% macro earliest_with_keys(keys) -%}
    {%- set known, newest = event_keys_relation(), newest_ingested_at(this) -%}
    {%- if newest is not none and has_event_keys() and newest_ingested_at(known) >= newest -%}
        select min(event_at) as event_at
        from {{ known }}
        where key_hash in (select hash(new_keys.event_id) from ({{ keys }}) as new_keys)
    {%- else -%}
        select min(event_at) as event_at
        from {{ this }}
        where event_id in ({{ keys }})
    {%- endif -%}
{%- endmacro %}
