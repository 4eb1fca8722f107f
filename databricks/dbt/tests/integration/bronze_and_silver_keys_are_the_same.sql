-- Every key that a good bronze change names has its row in silver, and no other key has.
{%- for source_name, silver in bronze_keys().items() if source_name != 'iot_events' %}
{{ 'union all' if not loop.first }}
{{ iot_toolkit.key_differences(
    bronze_rows(source_name),
    ref(silver[0]),
    key=silver[1],
    left_condition=is_good_row(source_name),
    left_name=source_name,
) }}
{%- endfor %}
