with devices as (
    select * from {{ ref('stg_devices') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

sensors as (
    select * from {{ ref('int_sensors') }}
),

alerts as (
    select * from {{ ref('fct_alerts') }}
),

health as (
    select * from {{ ref('int_device_health') }}
),

bands as (
    {{ score_bands('health') }}
),

activity_limits as (
    {{ limits(['health_window_hours']) }}
),

unmonitored_statuses as (
    select status
    from {{ ref('status_meanings') }}
    where entity = 'device' and meaning = 'not_monitored'
),

-- Every device that any fact speaks of, whether its row has come through change data yet or not.
device_ids as (
    select device_id from devices
    union
    select device_id from sensors
    union
    select device_id from alerts
    where device_id is not null
    union
    -- The unknown member: joins nothing, so all about it is NULL or none.
    select cast(null as string) as device_id
),

device_sensors as (
    select
        device_id,
        max(as_of_at) as as_of_at,
        min(first_reading_at) as first_seen_at,
        max(last_reading_at) as last_seen_at,
        sum(readings) as readings,
        count(*) as sensors,
        sum(case when is_silent then 1 else 0 end) as silent_sensors,
        sum(case when has_flat_line then 1 else 0 end) as flat_line_sensors,
        min(case when is_silent then 1 when not is_silent then 0 end) = 1 as is_silent,
        max(battery_last_at) as battery_last_at,
        max(firmware_last_at) as firmware_last_at
    from sensors
    group by device_id
),

latest_reports as (
    select
        device_sensors.device_id,
        min(case
            when sensors.battery_last_at = device_sensors.battery_last_at then sensors.battery_last_percent
        end) as battery_percent,
        max(case
            when sensors.firmware_last_at = device_sensors.firmware_last_at then sensors.firmware_last_version
        end) as firmware_version
    from device_sensors
    inner join sensors on device_sensors.device_id = sensors.device_id
    group by device_sensors.device_id
),

device_alerts as (
    select
        device_id,
        sum(case when is_open then 1 else 0 end) as open_alerts,
        sum(case when is_open and is_critical then 1 else 0 end) as open_critical_alerts
    from alerts
    group by device_id
),

device_attributes as (
    select
        device_ids.device_id,
        devices.customer_id,
        devices.location_id,
        devices.product_id,
        products.product_name,
        devices.serial_number,
        devices.device_type,
        devices.install_date,
        devices.status,
        devices.firmware_version as firmware_version_on_record,
        coalesce(devices._is_deleted, false) as is_deleted,
        device_ids.device_id is not null and devices.device_id is null as is_inferred,
        device_ids.device_id is not null
        and not coalesce(devices._is_deleted, false)
        and unmonitored_statuses.status is null as is_monitored
    from device_ids
    left join devices on device_ids.device_id = devices.device_id
    left join products on devices.product_id = products.product_id
    left join unmonitored_statuses on upper(devices.status) = unmonitored_statuses.status
),

health_now as (
    select
        health.*,
        health.uncapped_score - trend.uncapped_score as health_trend
    from health
    left join health as trend
        on health.device_id = trend.device_id
        and trend.window_name = 'trend'
    where health.window_name = 'now'
),

-- What isn't watched, or was never seen, has no health: NULL, not 0.
members as (
    select
        {{ member_key('attributes.device_id') }} as device_key,
        attributes.device_id,
        {{ member_key('attributes.customer_id') }} as customer_key,
        {{ member_key('attributes.location_id') }} as location_key,
        attributes.customer_id,
        attributes.location_id,
        attributes.product_id,
        attributes.product_name,
        attributes.serial_number,
        attributes.device_type,
        attributes.install_date,
        attributes.status,
        attributes.is_deleted,
        attributes.is_inferred,
        attributes.is_monitored,
        attributes.firmware_version_on_record,
        latest_reports.firmware_version,
        device_sensors.first_seen_at,
        device_sensors.last_seen_at,
        coalesce(device_sensors.readings, 0) as readings,
        coalesce(
            {{ iot_toolkit.seconds_between('device_sensors.last_seen_at', 'device_sensors.as_of_at') }}
            <= activity_limits.health_window_hours * 3600,
            false
        ) as is_active,
        coalesce(device_sensors.sensors, 0) as sensors,
        coalesce(device_sensors.silent_sensors, 0) as silent_sensors,
        coalesce(device_sensors.flat_line_sensors, 0) as flat_line_sensors,
        device_sensors.is_silent,
        latest_reports.battery_percent,
        coalesce(device_alerts.open_alerts, 0) as open_alerts,
        coalesce(device_alerts.open_critical_alerts, 0) as open_critical_alerts,
        health_now.health_score,
        bands.band as health_band,
        health_now.confidence as health_confidence,
        health_now.health_trend,
        health_now.cap_reason as health_cap_reason,
        health_now.first_reason as health_first_reason,
        health_now.second_reason as health_second_reason,
        health_now.recommended_action,
        health_now.availability as health_availability,
        health_now.completeness as health_completeness,
        health_now.quality as health_quality,
        health_now.stability as health_stability,
        health_now.alert_load as health_alert_load,
        health_now.battery as health_battery
    from device_attributes as attributes
    left join device_sensors on attributes.device_id = device_sensors.device_id
    left join latest_reports on attributes.device_id = latest_reports.device_id
    left join device_alerts on attributes.device_id = device_alerts.device_id
    left join health_now
        on attributes.device_id = health_now.device_id
        and attributes.is_monitored
    {{ join_score_band('health_now.health_score') }}
    cross join activity_limits
)

select * from members
