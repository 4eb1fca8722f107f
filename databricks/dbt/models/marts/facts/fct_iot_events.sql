{{
    config(
        materialized='incremental',
        incremental_strategy=incremental_strategy(),
        unique_key='event_id',
        incremental_predicates=met_again_predicates(),
        pre_hook=[
            "{{ forget_backfilled_days('event_date') }}",
            "{{ replace_any_where_thresholds_changed() }}",
        ],
    )
}}

-- depends_on: {{ ref('int_sensor_settings') }}
-- depends_on: {{ ref('int_moved_readings') }}
{%- set changed = changed_sensor_settings('threshold_hash') %}

with readings as (
    select *
    from {{ ref('stg_iot_events') }} as readings
    {%- if is_incremental() %}
    where {{ readings_at_hand(ref('stg_iot_events'), 'readings.event_date', 'readings._ingested_at') }}
        {%- if has_backfilled_moves() %}
        or readings.event_id in (
            select moved.event_id
            from {{ ref('int_moved_readings') }} as moved
            where moved.is_backfilled
        )
        {%- endif %}
        {%- if changed %}
        -- A threshold is another than when these were judged.
        or {{ is_of_changed_sensor('readings', changed) }}
        {%- endif %}
    {%- endif %}
),

readings_with_threshold as (
    select
        readings.*,
        {{ sensor_setting('threshold_id') }} as threshold_id,
        {{ sensor_setting('threshold_min') }} as threshold_min,
        {{ sensor_setting('threshold_max') }} as threshold_max,
        {{ sensor_setting('threshold_severity') }} as threshold_severity
    from readings
    {{ join_sensor_settings('readings') }}
),

judged as (
    select
        *,
        -- A value that can't be, or whose unit is unknown, breaches nothing.
        is_valid_reading
        and (coalesce(value < threshold_min, false) or coalesce(value > threshold_max, false)) as is_breach
    from readings_with_threshold
),

facts as (
    select
        event_id,
        {{ member_key('device_id') }} as device_key,
        {{ member_key('location_id') }} as location_key,
        {{ calendar_key('event_date') }} as date_key,
        device_id,
        location_id,
        sensor_type,
        event_at,
        event_date,
        {{ iot_toolkit.utc_hour('event_at') }} as event_hour_at,
        arrived_at,
        value,
        unit_ucum,
        quality_flag,
        is_valid_reading,
        is_in_physical_range,
        is_late,
        battery_level,
        firmware_version,
        threshold_id,
        is_breach,
        case when is_breach then threshold_severity end as breach_severity,
        _ingested_at
    from judged
)

select * from facts
