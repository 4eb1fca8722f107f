-- Every key that a good bronze change names has its row in silver, and no other key has.
{%- set keys = {
    'customers': 'customer_id',
    'products': 'product_id',
    'orders': 'order_id',
    'devices': 'device_id',
    'locations': 'location_id',
    'alerts': 'alert_id',
    'alert_thresholds': 'threshold_id',
} %}

{%- for table, key in keys.items() %}
{{ 'union all' if not loop.first }}
{{ iot_toolkit.key_differences(
    bronze_rows('cdc_' ~ table),
    ref('stg_' ~ table),
    key=key,
    left_condition="_op in ('upsert', 'delete') and " ~ iot_toolkit.array_is_empty('_errors'),
    left_name='cdc_' ~ table,
) }}
{%- endfor %}
