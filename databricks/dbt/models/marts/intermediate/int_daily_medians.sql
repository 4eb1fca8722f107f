{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key=['device_id', 'sensor_type', 'event_date'],
        pre_hook="{{ forget_moved_readings(['device_id', 'sensor_type', 'event_date']) }}",
    )
}}

-- depends_on: {{ ref('int_moved_readings') }}

with {% if is_incremental() %}touched_days as (
    select
        device_id,
        sensor_type,
        event_date
    from {{ ref('fct_iot_events') }}
    where {{ ingested_after() }}
    union
    select
        device_id,
        sensor_type,
        {{ iot_toolkit.utc_date('event_at') }} as event_date
    from {{ ref('int_moved_readings') }}
    where {{ ingested_after() }}
),

{% endif %}readings as (
    select
        facts.device_id,
        facts.sensor_type,
        facts.event_date,
        case when facts.is_valid_reading then facts.value end as valid_value,
        facts._ingested_at
    from {{ ref('fct_iot_events') }} as facts
    {%- if is_incremental() %}
    where exists (
        select 1
        from touched_days
        where facts.device_id = touched_days.device_id
            and facts.sensor_type = touched_days.sensor_type
            and facts.event_date = touched_days.event_date
    )
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
