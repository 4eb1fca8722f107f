-- One row per sensor of a device that raised :times alerts within :within_seconds at least once,
-- the one with most such bursts first.
with alerts as (
    select
        fct_alerts.device_key,
        fct_alerts.sensor_type,
        fct_alerts.is_open,
        -- DuckDB takes 17 times as long for the difference of instants with a time zone.
        cast(fct_alerts.triggered_at as timestamp) as triggered_utc,
        fct_alerts.triggered_at,
        row_number() over (
            partition by fct_alerts.device_key, fct_alerts.sensor_type
            order by fct_alerts.triggered_at nulls last, fct_alerts.alert_id nulls last
        ) as alert_no
    from fct_alerts
    where fct_alerts.triggered_at is not null and fct_alerts.device_id is not null
),

bursts as (
    select
        later.device_key,
        later.sensor_type,
        later.triggered_utc - earlier.triggered_utc as lasted,
        later.triggered_at
    from alerts as later
    inner join alerts as earlier
        on later.device_key = earlier.device_key
        and later.sensor_type = earlier.sensor_type
        and later.alert_no = earlier.alert_no + cast(:times as integer) - 1
    where later.triggered_utc - earlier.triggered_utc <= interval '1' second * cast(:within_seconds as integer)
),

chattering as (
    select
        device_key,
        sensor_type,
        count(*) as bursts,
        min(lasted) as shortest_burst,
        max(triggered_at) as last_burst_at
    from bursts
    group by device_key, sensor_type
),

raised as (
    select
        device_key,
        sensor_type,
        count(*) as alerts,
        sum(case when is_open then 1 else 0 end) as open_alerts
    from alerts
    group by device_key, sensor_type
)

select
    dim_devices.device_id,
    dim_devices.device_type,
    dim_devices.customer_id,
    dim_devices.location_id,
    chattering.sensor_type,
    chattering.bursts,
    extract(day from chattering.shortest_burst) * 86400
    + extract(hour from chattering.shortest_burst) * 3600
    + extract(minute from chattering.shortest_burst) * 60
    + cast(extract(second from chattering.shortest_burst) as integer) as shortest_burst_seconds,
    chattering.last_burst_at,
    raised.alerts,
    raised.open_alerts
from chattering
inner join raised
    on chattering.device_key = raised.device_key
    and chattering.sensor_type = raised.sensor_type
inner join dim_devices on chattering.device_key = dim_devices.device_key
order by chattering.bursts desc nulls last, dim_devices.device_id nulls last, chattering.sensor_type nulls last
