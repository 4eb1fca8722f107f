{{
    config(
        materialized='incremental',
        unique_key='customer_id',
        incremental_strategy='delete+insert',
        post_hook="{{ forget_keys_without_versions() }}",
    )
}}

with versions as (
    {{ cdc_history(
        bronze_rows('cdc_customers'),
        key='customer_id',
        columns=[
            'customer_name',
            'email',
            'phone',
            'segment',
            'country',
            'created_at',
        ],
    ) }}
),

members as (
    select
        {{ version_key('customer_id') }} as customer_version_key,
        {{ member_key('customer_id') }} as customer_key,
        customer_id,
        customer_name,
        email,
        phone,
        segment,
        country,
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
        'unknown' as customer_version_key,
        'unknown' as customer_key,
        null as customer_id,
        null as customer_name,
        null as email,
        null as phone,
        null as segment,
        null as country,
        null as created_at,
        {{ history_begins_at() }} as valid_from,
        null as valid_to,
        true as is_current,
        1 as version_no,
        null as _ingested_at
    {%- endif %}
)

select * from members
