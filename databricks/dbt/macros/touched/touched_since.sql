{#
    What has changed since everything was last found right?

    <prefix>_quality.touched_since holds one row: silver's newest _ingested_at before the first
    build whose tests have not all passed yet (NULL: test everything), and whether they have by
    now. So the cost of tests follows the new data, and a row that failed once stays in scope
    until it passes, however many builds come in between.

    silver_rows is how many rows silver had when all was last found right, NULL where that is not
    known or it had others when the next build began; met_from_at see macro met_again.
#}

{% macro touched_since_relation() -%}
    {{ return(api.Relation.create(
        database=catalog(), schema=target.schema ~ '_quality', identifier='touched_since'
    )) }}
{%- endmacro %}


{# on-run-start: open the scope at what silver holds now, unless an earlier build is unproven. #}
{% macro record_touched_since() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set recorded = recorded_touched_since() -%}
        {%- set events = silver_events_relation() -%}
        {%- if flags.FULL_REFRESH or recorded is none or events is none -%}
            {%- do write_touched_since(none, false) -%}
        {%- elif backfill_days() and not (recorded.since is none and not recorded.is_settled) -%}
            {%- do write_touched_since(touched_by_backfill(events, recorded), false) -%}
        {%- elif recorded.is_settled -%}
            {%- set rows = recorded.silver_rows if recorded.silver_rows == row_count(events) else none -%}
            {%- do write_touched_since(newest_ingested_at(events), false, rows, nothing_met()) -%}
        {%- else -%}
            {#- What became of silver since is not known, but what was met since is noted. -#}
            {%- do write_touched_since(recorded.since, false, none, met_from()) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    A backfill opens the scope further: at the first row of its days that came in, in bronze or
    silver, so that all that it builds is tested.
#}
{% macro touched_by_backfill(events, recorded) -%}
    {%- set days = backfill_days() -%}
    {%- set bronze = api.Relation.create(database=catalog(), schema=target.schema ~ '_bronze', identifier='iot_events') -%}
    {%- set oldest -%}
        select min({{ iot_toolkit.epoch_micros('_ingested_at') }}) as micros
        from (
            select min(_ingested_at) as _ingested_at
            from {{ events }}
            where {{ is_backfilled_date('event_date', days) }}
            union all
            select min(_ingested_at) as _ingested_at
            from {{ bronze }}
            where {{ is_backfilled_instant('event_at', days) }}
        ) as oldest_rows
    {%- endset -%}
    {%- set micros = run_query(oldest).columns[0].values()[0] -%}
    {#- The scope begins after the instant that it says. -#}
    {%- set since = instant_text(micros - 1) if micros is not none else newest_ingested_at(events) -%}
    {{ return(since if recorded.is_settled or since < recorded.since else recorded.since) }}
{%- endmacro %}


{# on-run-end: all tests that rest on events ran and none failed. #}
{% macro settle_touched_since(results) -%}
    {%- if execute and flags.WHICH in ('build', 'test') and all_of_events_ran() -%}
        {%- set bad = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list -%}
        {%- set recorded = recorded_touched_since() -%}
        {%- if recorded is not none and not bad -%}
            {%- do write_touched_since(recorded.since, true, row_count(silver_events_relation())) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    Nothing was left out, but for unit tests, which say nothing of rows, and the data_quality tests,
    which look at all rows or the latest, whatever was touched; or what was selected is all
    that rests on the events and maybe on other sources, as `iot run` selects what has changed.
#}
{% macro all_of_events_ran() -%}
    {%- if (invocation_args_dict.get('exclude') or ['tag:data_quality']) | list != ['tag:data_quality'] -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for argument in ['selector', 'resource_types', 'empty'] -%}
        {%- if invocation_args_dict.get(argument) -%} {{ return(false) }} {%- endif -%}
    {%- endfor -%}
    {%- set selected = invocation_args_dict.get('select') or [] -%}
    {%- if selected and 'source:bronze.iot_events+' not in selected -%} {{ return(false) }} {%- endif -%}
    {%- set left_out = invocation_args_dict.get('exclude_resource_types') or [] -%}
    {{ return(left_out | map('string') | reject('equalto', 'unit_test') | list | length == 0) }}
{%- endmacro %}


{# {since: UTC text or none, is_settled, silver_rows}; none when nothing was recorded yet, or by a
   version that recorded less. #}
{% macro recorded_touched_since() -%}
    {%- set table = touched_since_relation() -%}
    {%- if load_relation(table) is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set row = run_query(
        "select *, " ~ iot_toolkit.epoch_micros("silver_ingested_at") ~ " as micros from " ~ table
    ).rows | first -%}
    {%- if not row or 'silver_rows' not in row.keys() -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({
        'since': instant_text(row['micros']),
        'is_settled': row['is_settled'],
        'silver_rows': row['silver_rows'],
    }) }}
{%- endmacro %}


{% macro write_touched_since(since, is_settled, silver_rows=none, met_from=none) -%}
    {%- set table = touched_since_relation() -%}
    {%- set no_instant = 'cast(null as ' ~ iot_toolkit.instant_type() ~ ')' -%}
    {%- set instant = iot_toolkit.instant(since) if since is not none else no_instant -%}
    {%- set met_from = iot_toolkit.instant(met_from) if met_from is not none else no_instant -%}
    {%- do adapter.create_schema(table) -%}
    {%- do run_query(
        "create or replace table " ~ table ~ " as select " ~ instant ~ " as silver_ingested_at, "
        ~ ('true' if is_settled else 'false') ~ " as is_settled, "
        ~ "cast(" ~ (silver_rows if silver_rows is not none else 'null') ~ " as bigint) as silver_rows, "
        ~ met_from ~ " as met_from_at"
    ) -%}
    {#- A first build reads it back at its end: dbt looks into what it knows of, not the database. -#}
    {%- do adapter.cache_added(table.incorporate(type='table')) -%}
{%- endmacro %}


{% macro row_count(relation) -%}
    {{ return(run_query("select count(*) from " ~ relation).columns[0].values()[0] | int) }}
{%- endmacro %}


{% macro silver_events_relation() -%}
    {{ return(adapter.get_relation(catalog(), target.schema ~ '_silver', 'stg_iot_events')) }}
{%- endmacro %}
