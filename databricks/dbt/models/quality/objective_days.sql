with objectives as (
    {{ objectives_declared() }}
),

-- What a device is now decides, also of its days before.
devices as (
    select
        device_id,
        device_type
    from {{ ref('stg_devices') }}
),

reading_arrivals as (
    select
        arrivals.within_minutes,
        devices.device_type,
        arrivals.day,
        sum(arrivals.good) as good,
        sum(arrivals.valid) as valid
    from {{ ref('reading_arrival_days') }} as arrivals
    left join devices on arrivals.device_id = devices.device_id
    group by arrivals.within_minutes, devices.device_type, arrivals.day
),

expected_readings as (
    select
        devices.device_type,
        metrics.metric_date as day,
        sum(least(metrics.filled_slots, metrics.expected_slots)) as good,
        sum(metrics.expected_slots) as valid
    from {{ ref('agg_daily_device_metrics') }} as metrics
    left join devices on metrics.device_id = devices.device_id
    where metrics.expected_slots > 0
    group by devices.device_type, metrics.metric_date
),

counted as (
    select
        objectives.objective,
        reading_arrivals.day,
        reading_arrivals.good,
        reading_arrivals.valid
    from objectives
    inner join reading_arrivals
        on objectives.within_minutes = reading_arrivals.within_minutes
        and coalesce(objectives.device_class = reading_arrivals.device_type, objectives.device_class is null)
    where objectives.kind = 'freshness'
        and objectives.source = 'iot_events'
    union all
    select
        objectives.objective,
        changes.day,
        changes.good,
        changes.valid
    from objectives
    inner join {{ ref('change_arrival_days') }} as changes
        on objectives.source = changes.source
        and objectives.within_minutes = changes.within_minutes
    where objectives.kind = 'freshness'
    union all
    select
        objectives.objective,
        expected_readings.day,
        expected_readings.good,
        expected_readings.valid
    from objectives
    inner join expected_readings
        on coalesce(objectives.device_class = expected_readings.device_type, objectives.device_class is null)
    where objectives.kind = 'completeness'
),

objective_days as (
    select
        objectives.objective,
        objectives.kind,
        objectives.source,
        objectives.device_class,
        counted.day,
        cast(sum(counted.good) as bigint) as good,
        cast(sum(counted.valid) as bigint) as valid
    from counted
    inner join objectives on counted.objective = objectives.objective
    group by
        objectives.objective,
        objectives.kind,
        objectives.source,
        objectives.device_class,
        counted.day
)

select * from objective_days
