-- Every reading is a fact, and nothing else is. Touched scope, unless the counts differ (see compared_rows).
{%- set compared = compared_rows(
    'select count(*) from ' ~ ref('stg_iot_events'),
    'select count(*) from ' ~ ref('fct_iot_events'),
) %}
{%- set compared = unless_keys_agree(compared, ref('stg_iot_events'), ref('fct_iot_events'), 'event_id') %}
{{ iot_toolkit.key_differences(
    ref('stg_iot_events'),
    ref('fct_iot_events'),
    key='event_id',
    left_condition=compared,
    right_condition=compared,
) }}
