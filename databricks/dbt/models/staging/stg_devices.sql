{{
    config(
        materialized='incremental',
        unique_key='device_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_devices'), 'device_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_devices'),
        key='device_id',
        columns=[
            'customer_id',
            'product_id',
            'location_id',
            'serial_number',
            'device_type',
            'firmware_version',
            'install_date',
            'status',
            'created_at',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        device_id,
        customer_id,
        product_id,
        location_id,
        serial_number,
        device_type,
        firmware_version,
        install_date,
        status,
        created_at,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
