-- No reading is from more than a day after it arrived (bronze quarantines such clocks), no alert from
-- more than a day after the newest reading. Of readings those since all was last found right, which a
-- test of the facts' own holds on to until they are.
select
    'fct_iot_events' as fact,
    event_id as fact_id,
    event_at as happened_at
from {{ ref('fct_iot_events') }}
where event_at > arrived_at + interval 1 day
    and {{ touched_rows() }}
union all
select
    'fct_alerts' as fact,
    alert_id as fact_id,
    triggered_at as happened_at
from {{ ref('fct_alerts') }}
where triggered_at > {{ as_of() }} + interval 1 day
