{#
    Old readings that new ones meet again: where do they begin?

    A reading that comes again replaces the one that is there, whenever that was taken. To find it
    by its key is a look at every key there is; stg_iot_events takes that look, once a run, and
    notes the earliest event_at of what it found in touched_since.met_from_at. Whatever else
    replaces or looks for old readings in the same run leaves all before that instant alone.

    Until a build is proven the next ones go on from what it noted: it only gets earlier. NULL
    there: it isn't known, everything is looked at. So it is in a backfill, and when thresholds have
    changed, which judges readings again that came in long ago. On other engines a MERGE looks at
    every key anyway: they are asked for nothing.

    or_from: an instant that readings are looked at from in any case.
#}
{% macro met_again(column, or_from='null') -%}
    {{ return(adapter.dispatch('met_again')(column, or_from)) }}
{%- endmacro %}

{% macro default__met_again(column, or_from) -%} true {%- endmacro %}

{% macro duckdb__met_again(column, or_from) -%}
    {{ return(is_met_again(column, or_from) if may_look_up() else 'true') }}
{%- endmacro %}

{# As a subquery, for DuckDB has read it before it reads the table, and skips row groups by it. #}
{% macro is_met_again(column, or_from='null') -%}
    {{ column }} >= (
        select least(coalesce(met_from_at, {{ iot_toolkit.instant('0001-01-01 00:00:00') }}), {{ or_from }})
        from {{ touched_since_relation() }}
    )
{%- endmacro %}


{# incremental_predicates of a model that replaces readings by event_id. #}
{% macro met_again_predicates() -%}
    {{ return(adapter.dispatch('met_again_predicates')()) }}
{%- endmacro %}

{% macro default__met_again_predicates() -%}
    {{ return(none) }}
{%- endmacro %}

{# Read while parsing, when nothing may be looked up yet. #}
{% macro duckdb__met_again_predicates() -%}
    {{ return([is_met_again('event_at')]) }}
{%- endmacro %}


{# What is noted of an open scope, as UTC text; none: it isn't known. #}
{% macro met_from() -%}
    {%- set micros = run_query(
        "select " ~ iot_toolkit.epoch_micros("met_from_at") ~ " as micros from " ~ touched_since_relation()
    ).columns[0].values()[0] -%}
    {{ return(instant_text(micros)) }}
{%- endmacro %}


{# When a scope is opened: nothing was met yet. #}
{% macro nothing_met() -%}
    {{ return('9999-12-31 00:00:00') }}
{%- endmacro %}


{# Pre-hook of stg_iot_events: the look at every key, for those of bronze's new rows. #}
{% macro note_what_is_met_again(bronze) -%}
    {{ return(adapter.dispatch('note_what_is_met_again')(bronze)) }}
{%- endmacro %}

{% macro default__note_what_is_met_again(bronze) -%}
{%- endmacro %}

{% macro duckdb__note_what_is_met_again(bronze) -%}
    {%- if execute and is_incremental() -%}
        {%- set new_keys -%}
            select bronze_rows.event_id
            from {{ bronze }} as bronze_rows
            where {{ iot_toolkit.array_is_empty('_errors') }}
                and {{ ingested_after() }}
        {%- endset -%}
        update {{ touched_since_relation() }}
        set met_from_at = met.event_at
        from ({{ earliest_with_keys(new_keys) }}) as met
        where touched_since.met_from_at > met.event_at
    {%- endif -%}
{%- endmacro %}


{# Pre-hook of fct_iot_events: with other thresholds it replaces other readings too. #}
{% macro replace_any_where_thresholds_changed() -%}
    {{ return(adapter.dispatch('replace_any_where_thresholds_changed')()) }}
{%- endmacro %}

{% macro default__replace_any_where_thresholds_changed() -%}
{%- endmacro %}

{% macro duckdb__replace_any_where_thresholds_changed() -%}
    {%- if execute and changed_sensor_settings('threshold_hash') -%}
        update {{ touched_since_relation() }} set met_from_at = null
    {%- endif -%}
{%- endmacro %}
