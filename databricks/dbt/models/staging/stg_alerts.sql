{{
    config(
        materialized='incremental',
        unique_key='alert_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_alerts'), 'alert_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_alerts'),
        key='alert_id',
        columns=[
            'device_id',
            'location_id',
            'threshold_id',
            'sensor_type',
            'severity',
            'sensor_value',
            'status',
            'triggered_at',
            'acknowledged_at',
            'resolved_at',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        alert_id,
        device_id,
        location_id,
        threshold_id,
        sensor_type,
        severity,
        sensor_value,
        status,
        triggered_at,
        acknowledged_at,
        resolved_at,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
