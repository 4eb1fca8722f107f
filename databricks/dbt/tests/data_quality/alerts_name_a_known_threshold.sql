{{ config(severity='warn') }}
-- An alert names a threshold that the source has, or ever had.
select
    alerts.alert_id,
    alerts.threshold_id
from {{ ref('fct_alerts') }} as alerts
left join {{ ref('stg_alert_thresholds') }} as thresholds on alerts.threshold_id = thresholds.threshold_id
where alerts.threshold_id is not null
    and thresholds.threshold_id is null
