-- One row per bucket of :bucket_seconds (whole hours) as in device_readings, from hours that are
-- counted already; for long ranges.
with hours as (
    select
        event_hour_at,
        -- Cast: DuckDB takes 17 times as long for the difference of instants with a time zone.
        cast(event_hour_at as timestamp) - cast(:from_at as timestamp) as since_start,
        readings,
        valid_readings,
        breaches,
        late_readings,
        min_value,
        max_value,
        sum_value
    from int_hourly_readings
    where
        device_id = :device_id
        and sensor_type = :sensor_type
        and event_date >= cast(cast(:from_at as timestamp) as date)
        and event_date <= cast(cast(:to_at as timestamp) as date)
        and event_hour_at >= cast(:from_at as timestamp)
        and event_hour_at < cast(:to_at as timestamp)
),

numbered as (
    select
        hours.*,
        cast(floor((
            extract(day from since_start) * 86400
            + extract(hour from since_start) * 3600
            + extract(minute from since_start) * 60
            + extract(second from since_start)
        ) / cast(:bucket_seconds as integer)) as bigint) as bucket_no
    from hours
),

buckets as (
    select
        bucket_no,
        -- It is :from_at, as an instant like event_hour_at on every engine.
        least(min(event_hour_at), cast(:from_at as timestamp)) as from_at,
        sum(readings) as readings,
        sum(readings) - sum(valid_readings) as invalid_readings,
        sum(breaches) as breaches,
        sum(late_readings) as late_readings,
        min(min_value) as min_value,
        cast(sum(sum_value) as double) / nullif(sum(valid_readings), 0) as avg_value,
        max(max_value) as max_value
    from numbered
    group by bucket_no
)

select
    from_at + interval '1' second * (bucket_no * cast(:bucket_seconds as integer)) as bucket_at,
    bucket_no,
    readings,
    invalid_readings,
    breaches,
    late_readings,
    min_value,
    avg_value,
    max_value
from buckets
order by bucket_no nulls last
