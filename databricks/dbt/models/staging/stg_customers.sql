{{
    config(
        materialized='incremental',
        unique_key='customer_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_customers'), 'customer_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_customers'),
        key='customer_id',
        columns=[
            'customer_name',
            'email',
            'phone',
            'segment',
            'country',
            'created_at',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        customer_id,
        customer_name,
        email,
        phone,
        segment,
        country,
        created_at,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
