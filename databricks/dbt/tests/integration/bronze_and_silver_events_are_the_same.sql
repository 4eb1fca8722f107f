-- The good rows of bronze, released ones among them, less those that repeat an event are the rows of
-- silver: each event of either is in the other, once. Touched scope, unless silver has lost or gained
-- rows beside its builds, or bronze beside its ledger (see compared_with_bronze); what a build itself
-- would lose, the facts still have. Silver's _ingested_at is the newest of an event's good bronze rows, so both layers agree on
-- what is touched.
{%- set is_good = is_good_row('iot_events') %}
{%- set compared = unless_keys_agree(
    compared_with_bronze(),
    bronze_rows('iot_events'),
    ref('stg_iot_events'),
    'event_id',
    left_condition=is_good,
    distinct=true,
) %}
{{ iot_toolkit.key_differences(
    bronze_rows('iot_events'),
    ref('stg_iot_events'),
    key='event_id',
    left_condition=is_good ~ ' and ' ~ compared,
    right_condition=compared,
    left_name='iot_events',
) }}
union all
select
    event_id as key_value,
    'more than once in stg_iot_events' as problem
from {{ ref('stg_iot_events') }}
where {{ compared }}
group by event_id
having count(*) > 1
