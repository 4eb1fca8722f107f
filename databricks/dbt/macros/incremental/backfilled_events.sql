{#
    Which good bronze rows does stg_iot_events take in? {where: predicate, known: a select of the
    event_ids of which all versions are among them, none without a backfill; new: whether rows that
    have just come in are, too}.

    In a backfill: every version of the events that bronze has on these days, or that silver still
    has there. A version may be of another day: few are, and those are looked for first, so that
    mostly the days are all that is read.
#}
{% macro events_at_hand(bronze) -%}
    {%- set days = backfill() -%}
    {%- if not days -%}
        {{ return({'where': ingested_after(), 'known': none, 'new': true}) }}
    {%- endif -%}
    {%- set on_the_days = is_backfilled_instant('event_at', days) -%}
    {%- set known -%}
        select event_id
        from {{ bronze }} as rows_on_the_days
        where {{ iot_toolkit.array_is_empty('_errors') }} and {{ on_the_days }}
        union
        select event_id
        from {{ this }}
        where {{ is_backfilled_date('event_date', days) }}
    {%- endset -%}
    {%- set elsewhere = run_query(
        "select " ~ iot_toolkit.epoch_micros('min(event_at)') ~ ", " ~ iot_toolkit.epoch_micros('max(event_at)')
        ~ " from " ~ bronze ~ " as bronze_rows where " ~ iot_toolkit.array_is_empty('_errors')
        ~ " and not (" ~ on_the_days ~ ") and event_id in (" ~ known ~ ")"
    ).rows[0] -%}
    {%- set new = has_come_in(bronze ~ ' as bronze_rows') -%}
    {%- set wanted = ['(' ~ on_the_days ~ ')'] -%}
    {%- if elsewhere[0] is not none -%}
        {%- do wanted.append(
            "(event_at between " ~ iot_toolkit.instant(instant_text(elsewhere[0])) ~ " and "
            ~ iot_toolkit.instant(instant_text(elsewhere[1])) ~ " and event_id in (" ~ known ~ "))"
        ) -%}
    {%- endif -%}
    {%- if new -%}
        {%- do wanted.append('(' ~ ingested_after() ~ ')') -%}
    {%- endif -%}
    {{ return({'where': '(' ~ wanted | join(' or ') ~ ')', 'known': known, 'new': new}) }}
{%- endmacro %}


{# Pre-hook of stg_iot_events: delete readings of backfilled days that bronze has no good row of. #}
{% macro forget_events_gone_from_bronze(bronze) -%}
    {%- set days = backfill() if execute else none -%}
    {%- if days -%}
        {%- set gone_from_the_days -%}
            select event_id
            from {{ this }}
            where {{ is_backfilled_date('event_date', days) }}
            except
            select event_id
            from {{ bronze }} as rows_on_the_days
            where {{ iot_toolkit.array_is_empty('_errors') }}
                and {{ is_backfilled_instant('event_at', days) }}
        {%- endset -%}
        {%- if run_query("select count(*) from (" ~ gone_from_the_days ~ ") as gone").columns[0].values()[0] > 0 -%}
            {{ delete_gone('event_id', gone_from_the_days, bronze) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    Delete rows of `this` whose key is among `candidates` (a select of keys) and in no good row of
    bronze. A MERGE: Delta takes no subquery in a DELETE.
#}
{% macro delete_gone(key, candidates, bronze) -%}
merge into {{ this }} as old_rows
using (
    select candidates.{{ key }}
    from ({{ candidates }}) as candidates
    where not exists (
        select 1
        from {{ bronze }} as bronze_rows
        where {{ iot_toolkit.array_is_empty('_errors') }}
            and bronze_rows.{{ key }} = candidates.{{ key }}
    )
) as gone
on old_rows.{{ key }} = gone.{{ key }}
when matched then delete
{%- endmacro %}


{#
    CTE places_beside_the_days: of readings that came from elsewhere to the backfilled days, where
    the fact stands; of those that went elsewhere, where they went. The days themselves are built
    anew anyway. Mostly there are none, and then neither table is read but for the days.
#}
{% macro places_beside_the_days(facts, readings, days) -%}
    {%- set places = [] -%}
    {%- for here, there in [(readings, facts), (facts, readings)] -%}
        {%- set only_here -%}
            select event_id from {{ here }} where {{ is_backfilled_date('event_date', days) }}
            except
            select event_id from {{ there }} where {{ is_backfilled_date('event_date', days) }}
        {%- endset -%}
        {%- if run_query("select count(*) from (" ~ only_here ~ ") as only_here").columns[0].values()[0] > 0 -%}
            {%- set place -%}
    select
        event_id,
        device_id,
        sensor_type,
        location_id,
        event_at,
        _ingested_at,
        true as is_backfilled
    from {{ there }}
    where event_id in ({{ only_here }})
            {%- endset -%}
            {%- do places.append(place) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not places -%}
        {%- do places.append('select * from replaced where false') -%}
    {%- endif -%}
places_beside_the_days as (
    {{ places | join('\n    union all\n    ') }}
)
{%- endmacro %}
