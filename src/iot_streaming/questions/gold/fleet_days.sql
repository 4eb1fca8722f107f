-- One row per UTC day of the last :days days with readings: what the fleet sent and how complete it
-- was.
with newest as (
    select max(metric_date) as last_date
    from agg_daily_device_metrics
)

select
    metrics.metric_date,
    count(distinct metrics.device_id) as devices,
    sum(metrics.readings) as readings,
    sum(metrics.valid_readings) / nullif(sum(metrics.readings), 0) as valid_share,
    -- A device can't be more than complete.
    sum(least(metrics.filled_slots, metrics.expected_slots))
    / nullif(sum(metrics.expected_slots), 0) as completeness,
    sum(metrics.late_readings) as late_readings,
    sum(metrics.breaches) as breaches,
    sum(metrics.anomalies) as anomalies
from agg_daily_device_metrics as metrics
cross join newest
where metrics.metric_date > newest.last_date - cast(:days as integer)
group by metrics.metric_date
order by metrics.metric_date nulls last
