-- Touched scope: every reading is a fact, and nothing else is.
{{ iot_toolkit.key_differences(
    ref('stg_iot_events'),
    ref('fct_iot_events'),
    key='event_id',
    left_condition=touched_rows(),
    right_condition=touched_rows(),
) }}
