{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key=['within_minutes', 'device_id', 'day'],
        pre_hook=[
            "{{ forget_undeclared_limits() }}",
            "{{ forget_moved_readings(['device_id'], 'left_rows.day = moved.event_date') }}",
            "{{ forget_backfilled_days('day') }}",
        ],
    )
}}

{#- Late arrivals: a day is counted again when any of its readings came in, however old it is. -#}
-- depends_on: {{ ref('int_moved_readings') }}
{%- set adds = is_incremental() and counts_declared_limits() %}
{%- set since = earliest_touched_at() if adds else none %}

with {% if adds %}touched_days as (
    select
        device_id,
        event_date
    from {{ ref('fct_iot_events') }}
    where {{ readings_at_hand(ref('fct_iot_events')) }}
    union
    select
        device_id,
        {{ iot_toolkit.utc_date('event_at') }} as event_date
    from {{ ref('int_moved_readings') }}
    where {{ moves_at_hand() }}
),

{% endif %}arrivals as (
    select
        facts.device_id,
        facts.event_date as day,
        {{ iot_toolkit.seconds_between('facts.event_at', 'facts.arrived_at') }} as seconds,
        facts._ingested_at
    from {{ ref('fct_iot_events') }} as facts
    where facts.event_date is not null
        {%- if adds %}
        and (facts.device_id, facts.event_date) in (
            select
                touched_days.device_id,
                touched_days.event_date
            from touched_days
        )
        {%- if since %}
        and facts.event_date >= cast('{{ since.strftime("%Y-%m-%d") }}' as date)
        {%- endif %}
        {%- endif %}
),

limits_declared as (
    {{ reading_limits_declared() }}
),

counted_days as (
    select
        limits_declared.within_minutes,
        arrivals.device_id,
        arrivals.day,
        cast(sum(
            case when arrivals.seconds <= limits_declared.within_minutes * 60 then 1 else 0 end
        ) as bigint) as good,
        count(*) as valid,
        max(arrivals._ingested_at) as _ingested_at
    from arrivals
    cross join limits_declared
    group by limits_declared.within_minutes, arrivals.device_id, arrivals.day
)

select * from counted_days
