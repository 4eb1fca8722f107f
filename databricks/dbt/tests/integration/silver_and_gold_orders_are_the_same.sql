-- Every order that the source still has is a fact, and nothing else is.
{{ iot_toolkit.key_differences(
    ref('stg_orders'),
    ref('fct_orders'),
    key='order_id',
    left_condition='not _is_deleted',
) }}
