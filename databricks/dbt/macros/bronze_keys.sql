{# Each source, with the silver model that it becomes and that model's key. #}
{% macro bronze_keys() -%}
    {{ return({
        'iot_events': ['stg_iot_events', 'event_id'],
        'cdc_customers': ['stg_customers', 'customer_id'],
        'cdc_products': ['stg_products', 'product_id'],
        'cdc_orders': ['stg_orders', 'order_id'],
        'cdc_devices': ['stg_devices', 'device_id'],
        'cdc_locations': ['stg_locations', 'location_id'],
        'cdc_alerts': ['stg_alerts', 'alert_id'],
        'cdc_alert_thresholds': ['stg_alert_thresholds', 'threshold_id'],
    }) }}
{%- endmacro %}


{# Predicate: silver reads this bronze row. Of changes only those of a row have a key. #}
{% macro is_good_row(source_name) -%}
    {{ iot_toolkit.array_is_empty('_errors') }}
    {%- if source_name != 'iot_events' %} and _op in ('upsert', 'delete'){% endif %}
{%- endmacro %}
