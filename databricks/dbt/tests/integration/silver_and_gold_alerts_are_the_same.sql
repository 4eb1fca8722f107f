-- Every alert that the source still has is a fact, and nothing else is.
{{ iot_toolkit.key_differences(
    ref('stg_alerts'),
    ref('fct_alerts'),
    key='alert_id',
    left_condition='not _is_deleted',
) }}
