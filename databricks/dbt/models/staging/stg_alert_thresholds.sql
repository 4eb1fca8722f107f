{{
    config(
        materialized='incremental',
        unique_key='threshold_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_alert_thresholds'), 'threshold_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_alert_thresholds'),
        key='threshold_id',
        columns=[
            'device_id',
            'sensor_type',
            'min_value',
            'max_value',
            'severity',
            'is_enabled',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        threshold_id,
        device_id,
        sensor_type,
        {{ iot_toolkit.finite_double('min_value') }} as min_value,
        min_value as min_value_exact,
        {{ iot_toolkit.finite_double('max_value') }} as max_value,
        max_value as max_value_exact,
        severity,
        is_enabled,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
