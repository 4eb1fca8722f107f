with sensor_types as (
    select * from {{ ref('sensor_types') }}
),

expected_intervals as (
    select * from {{ ref('expected_intervals') }}
),

devices as (
    select * from {{ ref('stg_devices') }}
),

thresholds_in_force as (
    select
        threshold_id,
        device_id,
        sensor_type,
        min_value,
        max_value,
        severity,
        -- Among equals the newest rule counts, then the highest id.
        row_number() over (
            partition by device_id, sensor_type
            order by updated_at desc nulls last, threshold_id desc
        ) as rule_no
    from {{ ref('stg_alert_thresholds') }}
    where is_enabled
        and not _is_deleted
        and sensor_type is not null
),

device_thresholds as (
    select * from thresholds_in_force
    where rule_no = 1 and device_id is not null
),

default_thresholds as (
    select * from thresholds_in_force
    where rule_no = 1 and device_id is null
),

declared_sensors as (
    select
        devices.device_id,
        expected_intervals.sensor_type,
        expected_intervals.expected_interval_seconds
    from devices
    inner join expected_intervals on devices.device_type = expected_intervals.device_type
),

sensors as (
    select device_id, sensor_type from declared_sensors
    union
    select device_id, sensor_type from device_thresholds
    union
    select cast(null as string) as device_id, sensor_type from sensor_types
    union
    select cast(null as string) as device_id, sensor_type from default_thresholds
),

settings as (
    select
        sensors.device_id,
        sensors.sensor_type,
        declared_sensors.expected_interval_seconds,
        coalesce(device_thresholds.threshold_id, default_thresholds.threshold_id) as threshold_id,
        -- One rule decides: an open limit of the device's own rule is not filled by the default's.
        case
            when device_thresholds.threshold_id is not null then device_thresholds.min_value
            else default_thresholds.min_value
        end as threshold_min,
        case
            when device_thresholds.threshold_id is not null then device_thresholds.max_value
            else default_thresholds.max_value
        end as threshold_max,
        case
            when device_thresholds.threshold_id is not null then device_thresholds.severity
            else default_thresholds.severity
        end as threshold_severity,
        coalesce(sensor_types.flat_line_applies, false) as flat_line_applies,
        sensor_types.spike_limit,
        sensor_types.mad_floor
    from sensors
    left join declared_sensors
        on sensors.device_id = declared_sensors.device_id
        and sensors.sensor_type = declared_sensors.sensor_type
    left join device_thresholds
        on sensors.device_id = device_thresholds.device_id
        and sensors.sensor_type = device_thresholds.sensor_type
    left join default_thresholds on sensors.sensor_type = default_thresholds.sensor_type
    left join sensor_types on sensors.sensor_type = sensor_types.sensor_type
),

-- Limits that apply to every sensor: a change of one means that all is computed again.
common_limits as (
    {{ limits([
        'silent_after_intervals', 'robust_z_limit', 'robust_z_min_readings',
        'flat_line_min_readings', 'consecutive_max_gap_hours', 'gap_days_reported',
    ]) }}
),

-- The hashes are compared within one engine only, so it may write its doubles as it likes.
hashed as (
    select
        settings.*,
        {{ iot_toolkit.content_hash([
            'threshold_id', 'threshold_min', 'threshold_max', 'threshold_severity',
        ]) }} as threshold_hash,
        {{ iot_toolkit.content_hash([
            'threshold_id', 'threshold_min', 'threshold_max', 'threshold_severity',
            'expected_interval_seconds', 'flat_line_applies', 'spike_limit', 'mad_floor',
            'silent_after_intervals', 'robust_z_limit', 'robust_z_min_readings',
            'flat_line_min_readings', 'consecutive_max_gap_hours', 'gap_days_reported',
        ]) }} as settings_hash
    from settings
    cross join common_limits
)

select * from hashed
