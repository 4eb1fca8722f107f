-- Volume: on its latest day a device class sends at least half of what it is expected to, and not half as much again.
with class_days as (
    {{ latest_class_days() }}
)

select
    device_type,
    sensor_type,
    metric_date,
    sensors,
    readings,
    expected_slots as expected_readings
from class_days
where readings < class_volume_min * expected_slots
    or readings > class_volume_max * expected_slots
