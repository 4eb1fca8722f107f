-- Touched scope: every good bronze event is in silver, and nothing else is. (That each is there
-- once is stg_iot_events' own unique_touched test.) Silver's _ingested_at is the newest of an
-- event's good bronze rows, so both layers agree on what is touched.
{{ iot_toolkit.key_differences(
    bronze_rows('iot_events'),
    ref('stg_iot_events'),
    key='event_id',
    left_condition=iot_toolkit.array_is_empty('_errors') ~ ' and ' ~ touched_rows(),
    right_condition=touched_rows(),
    left_name='iot_events',
) }}
