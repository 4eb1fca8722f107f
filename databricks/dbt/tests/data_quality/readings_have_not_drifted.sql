-- A device class measures about what it did: each sensor's hourly mean is held to the median of the same
-- hour of the trailing days, which takes day and night out; the median of these shifts is the class's.
-- It has drifted when that is beyond drift_z_limit robust deviations (1.4826 x MAD of the trailing hours)
-- and beyond the sensor type's drift_floor_*; and when its readings became mostly invalid, as those
-- in a wrong unit do. Medians throughout: faults of single sensors move nothing.
with drift_limits as (
    {{ limits(['trailing_days', 'drift_recent_hours', 'drift_min_hours', 'drift_z_limit', 'drift_valid_share']) }}
),

floors as (
    select
        limit_name,
        limit_value as drift_floor
    from {{ ref('tuning_limits') }}
    where limit_name like 'drift_floor_%'
),

watermark as (
    select {{ as_of() }} as as_of_at
),

hours as (
    select
        devices.device_type,
        readings.device_id,
        readings.sensor_type,
        floor({{ iot_toolkit.epoch_micros('watermark.as_of_at') }} / 3600e6)
        - floor({{ iot_toolkit.epoch_micros('readings.event_hour_at') }} / 3600e6) as hours_ago,
        readings.readings,
        readings.valid_readings,
        case
            when readings.valid_readings > 0 then cast(readings.sum_value as double) / readings.valid_readings
        end as mean_value
    from {{ ref('int_hourly_readings') }} as readings
    inner join {{ ref('dim_devices') }} as devices on readings.device_id = devices.device_id
    cross join watermark
    where devices.is_monitored
        -- as a subquery, so that the engine leaves all files and row groups before it alone
        and readings.event_date >= (
            select {{ iot_toolkit.add_days(iot_toolkit.utc_date('watermark.as_of_at'), '-drift_limits.trailing_days - 1') }}
            from watermark
            cross join drift_limits
        )
),

hours_of_day as (
    select
        hours.*,
        hours_ago - 24 * floor(hours_ago / 24) as hour_no,
        hours_ago < drift_recent_hours as is_recent
    from hours
    cross join drift_limits
    where hours_ago < 24 * trailing_days + drift_recent_hours
),

usual_values as (
    select
        device_id,
        sensor_type,
        hour_no,
        {{ iot_toolkit.median('mean_value') }} as usual_value
    from hours_of_day
    where not is_recent
    group by device_id, sensor_type, hour_no
),

shifts as (
    select
        hours_of_day.device_type,
        hours_of_day.sensor_type,
        hours_of_day.is_recent,
        hours_of_day.mean_value,
        usual_values.usual_value,
        hours_of_day.mean_value - usual_values.usual_value as shift
    from hours_of_day
    inner join usual_values
        on hours_of_day.device_id = usual_values.device_id
        and hours_of_day.sensor_type = usual_values.sensor_type
        and hours_of_day.hour_no = usual_values.hour_no
    where hours_of_day.mean_value is not null
),

class_shifts as (
    select
        device_type,
        sensor_type,
        count(case when is_recent then shift end) as recent_hours,
        {{ iot_toolkit.median('case when is_recent then shift end') }} as shift,
        1.4826e0 * {{ iot_toolkit.median('case when not is_recent then abs(shift) end') }} as deviation,
        {{ iot_toolkit.median('case when is_recent then usual_value end') }} as usual_value,
        {{ iot_toolkit.median('case when is_recent then mean_value end') }} as recent_value
    from shifts
    group by device_type, sensor_type
),

class_validity as (
    select
        device_type,
        sensor_type,
        {{ share('sum(case when is_recent then valid_readings end)', 'sum(case when is_recent then readings end)') }} as valid_share,
        {{ share('sum(case when not is_recent then valid_readings end)', 'sum(case when not is_recent then readings end)') }} as usual_valid_share
    from hours_of_day
    group by device_type, sensor_type
)

select
    class_shifts.device_type,
    class_shifts.sensor_type,
    'values moved' as problem,
    class_shifts.usual_value,
    class_shifts.recent_value,
    class_shifts.deviation
from class_shifts
inner join floors on floors.limit_name = 'drift_floor_' || class_shifts.sensor_type
cross join drift_limits
where class_shifts.recent_hours >= drift_limits.drift_min_hours
    and abs(class_shifts.shift) > floors.drift_floor
    and abs(class_shifts.shift) > drift_limits.drift_z_limit * class_shifts.deviation
union all
select
    class_validity.device_type,
    class_validity.sensor_type,
    'readings became invalid' as problem,
    class_validity.usual_valid_share as usual_value,
    class_validity.valid_share as recent_value,
    cast(null as double) as deviation
from class_validity
cross join drift_limits
where class_validity.valid_share < drift_limits.drift_valid_share
    and class_validity.usual_valid_share >= drift_limits.drift_valid_share
