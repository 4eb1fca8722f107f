{{ config(severity='warn') }}
-- Completeness: on its latest day a device class fills at least four fifths of its slots with valid readings.
with class_days as (
    {{ latest_class_days() }}
)

select
    device_type,
    sensor_type,
    metric_date,
    sensors,
    filled_slots,
    expected_slots
from class_days
where filled_slots < class_completeness_min * expected_slots
