{{ config(severity='warn') }}
-- The fleet fills at least four fifths of its expected slots on each of the last seven days.
select
    metric_date,
    sum(filled_slots) as filled_slots,
    sum(expected_slots) as expected_slots
from {{ ref('agg_daily_device_metrics') }}
where metric_date > {{ iot_toolkit.add_days(iot_toolkit.utc_date(as_of()), '-7') }}
group by metric_date
having sum(filled_slots) < 0.8 * sum(expected_slots)
