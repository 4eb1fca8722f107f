{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key=['location_id', 'event_hour_at'],
        pre_hook=[
            "{{ forget_moved_readings(['location_id', 'event_hour_at']) }}",
            "{{ forget_backfilled_days(iot_toolkit.utc_date('event_hour_at')) }}",
        ],
    )
}}

-- depends_on: {{ ref('int_moved_readings') }}
{%- set since = earliest_touched_at() %}

with {% if is_incremental() %}touched_hours as (
    select
        location_id,
        event_hour_at
    from {{ ref('fct_iot_events') }}
    where {{ readings_at_hand(ref('fct_iot_events')) }}
    union
    select
        location_id,
        {{ iot_toolkit.utc_hour('event_at') }} as event_hour_at
    from {{ ref('int_moved_readings') }}
    where {{ moves_at_hand() }}
),

{% endif %}hours as (
    select
        facts.location_id,
        facts.event_hour_at,
        count(*) as readings,
        max(facts._ingested_at) as _ingested_at
    from {{ ref('fct_iot_events') }} as facts
    where facts.location_id is not null
        {%- if is_incremental() %}
        and (facts.location_id, facts.event_hour_at) in (
            select
                touched_hours.location_id,
                touched_hours.event_hour_at
            from touched_hours
        )
        {%- if since %}
        and facts.event_hour_at >= {{ iot_toolkit.instant(since.strftime('%Y-%m-%d %H:00:00')) }}
        {%- endif %}
        {%- endif %}
    group by facts.location_id, facts.event_hour_at
)

select * from hours
