-- One row per UTC day on which a device sent: battery and firmware of its last report, and what it
-- sent.
with days as (
    select
        metrics.*,
        row_number() over (
            partition by metrics.metric_date
            order by
                case when metrics.battery_last_percent is null then 1 else 0 end nulls last,
                metrics.last_reading_at desc nulls last,
                metrics.sensor_type nulls last
        ) as battery_rank,
        row_number() over (
            partition by metrics.metric_date
            order by
                case when metrics.firmware_last_version is null then 1 else 0 end nulls last,
                metrics.last_reading_at desc nulls last,
                metrics.sensor_type nulls last
        ) as firmware_rank
    from agg_daily_device_metrics as metrics
    where metrics.device_id = :device_id
)

select
    metric_date,
    min(battery_min_percent) as battery_min_percent,
    max(case when battery_rank = 1 then battery_last_percent end) as battery_last_percent,
    max(case when firmware_rank = 1 then firmware_last_version end) as firmware_last_version,
    sum(readings) as readings,
    sum(least(filled_slots, expected_slots)) / nullif(sum(expected_slots), 0) as completeness,
    sum(late_readings) as late_readings,
    sum(breaches) as breaches,
    sum(anomalies) as anomalies,
    max(last_reading_at) as last_reading_at
from days
group by metric_date
order by metric_date nulls last
