{{ config(severity='warn') }}
-- Nothing is acknowledged or resolved before it was raised.
select
    alert_id,
    triggered_at,
    acknowledged_at,
    resolved_at
from {{ ref('fct_alerts') }}
where has_impossible_times
