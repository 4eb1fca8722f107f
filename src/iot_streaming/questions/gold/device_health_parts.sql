-- One row per part of a device's health: what it is now (24 hours) and over the trend (7 days), 0
-- to 1, and the fleet's mean.
with health as (
    select
        int_device_health.*,
        int_device_health.device_id = :device_id as is_asked
    from int_device_health
),

parts as (
    select window_name, is_asked, 1 as part_no, 'Availability' as part, availability as score from health
    union all
    select window_name, is_asked, 2 as part_no, 'Completeness' as part, completeness as score from health
    union all
    select window_name, is_asked, 3 as part_no, 'Quality' as part, quality as score from health
    union all
    select window_name, is_asked, 4 as part_no, 'Stability' as part, stability as score from health
    union all
    select window_name, is_asked, 5 as part_no, 'Alert load' as part, alert_load as score from health
    union all
    select window_name, is_asked, 6 as part_no, 'Battery' as part, battery as score from health
)

select
    part_no,
    part,
    max(case when is_asked and window_name = 'now' then score end) as score_now,
    max(case when is_asked and window_name = 'trend' then score end) as score_trend,
    avg(case when window_name = 'now' then score end) as fleet_score_now
from parts
group by part_no, part
order by part_no nulls last
