{#
    A select: of each device class and sensor type that is expected to report, the latest day on
    which enough was expected to judge by, with readings and slots of the monitored devices. Sensors
    that have fallen silent are left to checks of their own: in a small class one is half of it.
#}
{% macro latest_class_days() -%}
    select *
    from (
        select
            *,
            row_number() over (partition by device_type, sensor_type order by metric_date desc) as day_no
        from (
            select
                devices.device_type,
                metrics.sensor_type,
                metrics.metric_date,
                count(*) as sensors,
                sum(metrics.readings) as readings,
                sum(metrics.filled_slots) as filled_slots,
                sum(metrics.expected_slots) as expected_slots
            from {{ ref('agg_daily_device_metrics') }} as metrics
            inner join {{ ref('dim_devices') }} as devices on metrics.device_id = devices.device_id
            inner join {{ ref('int_sensors') }} as sensors
                on metrics.device_id = sensors.device_id
                and metrics.sensor_type = sensors.sensor_type
            where devices.is_monitored
                and not coalesce(sensors.is_silent, false)
                and metrics.expected_slots > 0
                and metrics.metric_date > {{ iot_toolkit.add_days(iot_toolkit.utc_date(as_of()), '-7') }}
            group by devices.device_type, metrics.sensor_type, metrics.metric_date
        ) as all_days
        cross join ({{ limits(['class_min_slots', 'class_volume_min', 'class_volume_max', 'class_completeness_min']) }}) as class_limits
        where expected_slots >= class_min_slots
    ) as days
    where day_no = 1
{%- endmacro %}
