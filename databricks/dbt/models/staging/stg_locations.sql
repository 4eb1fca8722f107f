{{
    config(
        materialized='incremental',
        unique_key='location_id',
        incremental_strategy=incremental_strategy(),
        pre_hook="{{ forget_keys_gone_from_bronze(bronze_rows('cdc_locations'), 'location_id') }}",
    )
}}

with source as (
    {{ cdc_current_state(
        bronze_rows('cdc_locations'),
        key='location_id',
        columns=[
            'location_name',
            'address',
            'city',
            'country',
            'latitude',
            'longitude',
            'timezone',
            'created_at',
            'updated_at',
        ],
    ) }}
),

renamed as (
    select
        location_id,
        location_name,
        address,
        city,
        country,
        latitude,
        longitude,
        timezone,
        created_at,
        updated_at,
        _is_deleted,
        _committed_at,
        _ingested_at
    from source
)

select * from renamed
