{{
    config(
        materialized='incremental',
        unique_key='order_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_orders'), 'order_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_orders'),
        key='order_id',
        columns=[
            'customer_id',
            'product_id',
            'quantity',
            'unit_price',
            'total_amount',
            'order_status',
            'order_timestamp',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        order_id,
        customer_id,
        product_id,
        quantity,
        unit_price,
        total_amount,
        order_status,
        order_timestamp as ordered_at,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
