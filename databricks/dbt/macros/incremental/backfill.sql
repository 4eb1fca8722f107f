{#
    A backfill builds the rows of some dates again, whenever they came in: variables
    backfill_source, backfill_from and backfill_to (dates, both inclusive), as `iot backfill` gives
    them. What has come in since the last build is taken in besides, as ever, so that no row is
    passed over.

    Events are dated by event_at, changes by _committed_at. A model of readings forgets the days and
    builds them from what is upstream now; so what is gone there goes here too, and a build that
    broke off is made up for by the same one again.
#}


{# {first, last, until: UTC dates as text; until is the day after the last}; none: no such backfill. #}
{% macro backfill_days(source='iot_events') -%}
    {%- if var('backfill_source', none) != source -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set days = {} -%}
    {%- for end in ['from', 'to'] -%}
        {#- Parsed, so that nothing but a date gets into SQL. -#}
        {%- do days.update({
            end: modules.datetime.datetime.strptime(var('backfill_' ~ end) | string, '%Y-%m-%d')
        }) -%}
    {%- endfor -%}
    {{ return({
        'first': days['from'].strftime('%Y-%m-%d'),
        'last': days['to'].strftime('%Y-%m-%d'),
        'until': (days['to'] + modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d'),
    }) }}
{%- endmacro %}


{# The same, for a model that this build adds to; none when it is made anew or may not look up. #}
{% macro backfill(source='iot_events') -%}
    {{ return(backfill_days(source) if may_look_up() and is_incremental() else none) }}
{%- endmacro %}


{# Predicates: the date, or the instant, is of the backfilled days. #}
{% macro is_backfilled_date(column, days) -%}
    {{ column }} between cast('{{ days.first }}' as date) and cast('{{ days.last }}' as date)
{%- endmacro %}

{% macro is_backfilled_instant(column, days) -%}
    {{ column }} >= {{ iot_toolkit.instant(days.first ~ ' 00:00:00') }}
    and {{ column }} < {{ iot_toolkit.instant(days.until ~ ' 00:00:00') }}
{%- endmacro %}


{#
    Predicate: the reading came in after this model was built, or is of a backfilled day.
    readings: what it is read from, which is asked whether anything is new: days alone are a limit
    that spares the engine all other files, an `or` is none.
#}
{% macro readings_at_hand(readings, date='event_date', ingested_at='_ingested_at') -%}
    {%- set days = backfill() -%}
    {%- if not days -%}
        {{ ingested_after(ingested_at) }}
    {%- elif has_come_in(readings) -%}
        ({{ ingested_after(ingested_at) }} or {{ is_backfilled_date(date, days) }})
    {%- else -%}
        {{ is_backfilled_date(date, days) }}
    {%- endif -%}
{%- endmacro %}


{# Predicate on int_moved_readings: it moved since this model was built, or in a backfill. #}
{% macro moves_at_hand(moved='') -%}
    {%- set alias = moved ~ '.' if moved else '' -%}
    {%- if backfill() -%}
        ({{ ingested_after(alias ~ '_ingested_at') }} or coalesce({{ alias }}is_backfilled, false))
    {%- else -%}
        {{ ingested_after(alias ~ '_ingested_at') }}
    {%- endif -%}
{%- endmacro %}


{# Has a backfill found readings that one of their places is on its days of, and another is not? #}
{% macro has_backfilled_moves() -%}
    {%- if not backfill() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = run_query("select count(*) from " ~ ref('int_moved_readings') ~ " where is_backfilled") -%}
    {{ return(found.columns[0].values()[0] > 0) }}
{%- endmacro %}


{# Has the relation rows that ingested_after() would find? #}
{% macro has_come_in(relation) -%}
    {%- set newest = newest_ingested_at(relation) -%}
    {%- set seen = newest_ingested_at(this, ingest_lookback_minutes()) -%}
    {{ return(newest is not none and (seen is none or newest > seen)) }}
{%- endmacro %}


{#
    Pre-hook of a model of readings: forget the backfilled days, `days_after` more, and of `source`
    alone where the model has others' rows too.
#}
{% macro forget_backfilled_days(date, source='iot_events', days_after=0, condition='true') -%}
    {%- if execute -%}
        {%- set days = backfill(source) -%}
        {%- if days -%}
            delete from {{ this }}
            where {{ date }} >= cast('{{ days.first }}' as date)
                and {{ date }} <= {{ iot_toolkit.add_days("cast('" ~ days.last ~ "' as date)", days_after) }}
                and {{ condition }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# In a backfill a limit of the seed tuning_limits as a number in Jinja; 0 where nobody asks for it. #}
{% macro limit_in_backfill(name) -%}
    {%- if not backfill() -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set limit = run_query(
        "select cast(max(limit_value) as bigint) as limit_value from " ~ ref('tuning_limits')
        ~ " where limit_name = '" ~ name ~ "'"
    ).columns[0].values()[0] -%}
    {{ return((limit or 0) | int) }}
{%- endmacro %}
