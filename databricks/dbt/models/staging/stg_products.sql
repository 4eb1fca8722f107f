{{
    config(
        materialized='incremental',
        unique_key='product_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_products'), 'product_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_products'),
        key='product_id',
        columns=[
            'product_name',
            'category',
            'unit_price',
            'is_active',
            'created_at',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        product_id,
        product_name,
        category,
        unit_price,
        is_active,
        created_at,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
