{{ config(materialized='incremental') }}

{#- Before the facts take the new versions in: where did the replaced ones stand? -#}
{%- set facts = none -%}
{%- if may_look_up() and not flags.FULL_REFRESH -%}
    {%- set facts = adapter.get_relation(this.database, this.schema, 'fct_iot_events') -%}
{%- endif -%}
{%- set seen = newest_ingested_at(facts, ingest_lookback_minutes()) if facts is not none else none -%}
{%- set backfilled = backfill() if seen is not none else none -%}

with replaced as (
    select
        {{ 'facts' if seen is not none else 'readings' }}.event_id,
        {{ 'facts' if seen is not none else 'readings' }}.device_id,
        {{ 'facts' if seen is not none else 'readings' }}.sensor_type,
        {{ 'facts' if seen is not none else 'readings' }}.location_id,
        {{ 'facts' if seen is not none else 'readings' }}.event_at,
        readings._ingested_at,
        false as is_backfilled
    from {{ ref('stg_iot_events') }} as readings
    {%- if seen is not none %}
    inner join {{ facts }} as facts on readings.event_id = facts.event_id
    where readings._ingested_at > {{ iot_toolkit.instant(seen) }}
        and {{ met_again('facts.event_at') }}
        and (
            readings.device_id <> facts.device_id
            or readings.sensor_type <> facts.sensor_type
            or readings.event_at <> facts.event_at
            or coalesce(readings.location_id, '') <> coalesce(facts.location_id, '')
        )
    {%- else %}
    where false
    {%- endif %}
),

{% if backfilled -%}
{{ places_beside_the_days(facts, ref('stg_iot_events'), backfilled) }},

moves as (
    select * from replaced
    union all
    select * from places_beside_the_days
)
{%- else -%}
moves as (
    select * from replaced
)
{%- endif %}

select * from moves
