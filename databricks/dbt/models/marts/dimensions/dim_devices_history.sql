{{
    config(
        materialized='incremental',
        unique_key='device_id',
        incremental_strategy='delete+insert',
        post_hook="{{ forget_keys_without_versions() }}",
    )
}}

with versions as (
    {{ cdc_history(
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
        ],
    ) }}
),

members as (
    select
        {{ version_key('device_id') }} as device_version_key,
        {{ member_key('device_id') }} as device_key,
        device_id,
        {{ member_key('customer_id') }} as customer_key,
        {{ member_key('location_id') }} as location_key,
        customer_id,
        location_id,
        product_id,
        serial_number,
        device_type,
        install_date,
        status,
        firmware_version as firmware_version_on_record,
        created_at,
        valid_from,
        valid_to,
        is_current,
        version_no,
        _ingested_at
    from versions
    {%- if not is_incremental() %}
    union all
    select
        'unknown' as device_version_key,
        'unknown' as device_key,
        null as device_id,
        'unknown' as customer_key,
        'unknown' as location_key,
        null as customer_id,
        null as location_id,
        null as product_id,
        null as serial_number,
        null as device_type,
        null as install_date,
        null as status,
        null as firmware_version_on_record,
        null as created_at,
        {{ history_begins_at() }} as valid_from,
        null as valid_to,
        true as is_current,
        1 as version_no,
        null as _ingested_at
    {%- endif %}
)

select * from members
