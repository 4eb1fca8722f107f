{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key=['device_id', 'sensor_type', 'event_date'],
        pre_hook=[
            "{{ forget_moved_readings(['device_id', 'sensor_type', 'event_date']) }}",
            "{{ forget_backfilled_days('event_date') }}",
        ],
    )
}}

-- depends_on: {{ ref('int_moved_readings') }}
{%- set since = earliest_touched_at() %}

with {% if is_incremental() %}touched_days as (
    select
        device_id,
        sensor_type,
        event_date
    from {{ ref('fct_iot_events') }}
    where {{ readings_at_hand(ref('fct_iot_events')) }}
    union
    select
        device_id,
        sensor_type,
        {{ iot_toolkit.utc_date('event_at') }} as event_date
    from {{ ref('int_moved_readings') }}
    where {{ moves_at_hand() }}
),

{% endif %}readings as (
    select
        facts.device_id,
        facts.sensor_type,
        facts.event_date,
        case when facts.is_valid_reading then facts.value end as valid_value,
        facts._ingested_at
    from {{ ref('fct_iot_events') }} as facts
    where facts.event_date is not null
        {%- if is_incremental() %}
        and (facts.device_id, facts.sensor_type, facts.event_date) in (
            select
                touched_days.device_id,
                touched_days.sensor_type,
                touched_days.event_date
            from touched_days
        )
        {%- if since %}
        and facts.event_date >= cast('{{ since.strftime("%Y-%m-%d") }}' as date)
        {%- endif %}
        {%- endif %}
),

medians as (
    select
        device_id,
        sensor_type,
        event_date,
        {{ iot_toolkit.median('valid_value') }} as median_value,
        max(_ingested_at) as _ingested_at
    from readings
    group by device_id, sensor_type, event_date
)

select * from medians
