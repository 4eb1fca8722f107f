-- One row per bucket of :bucket_seconds with readings of one sensor, from :from_at until before
-- :to_at (UTC, ISO 8601); a missing bucket is a gap.
with readings as (
    select
        event_at,
        -- Cast: DuckDB takes 17 times as long for the difference of instants with a time zone.
        cast(event_at as timestamp) - cast(:from_at as timestamp) as since_start,
        value,
        is_valid_reading,
        is_breach,
        is_late
    from fct_iot_events
    where
        device_id = :device_id
        and sensor_type = :sensor_type
        -- The table is laid out by day: what lies outside is not read.
        and event_date >= cast(cast(:from_at as timestamp) as date)
        and event_date <= cast(cast(:to_at as timestamp) as date)
        and event_at >= cast(:from_at as timestamp)
        and event_at < cast(:to_at as timestamp)
),

numbered as (
    select
        readings.*,
        cast(floor((
            extract(day from since_start) * 86400
            + extract(hour from since_start) * 3600
            + extract(minute from since_start) * 60
            + extract(second from since_start)
        ) / cast(:bucket_seconds as integer)) as bigint) as bucket_no
    from readings
),

buckets as (
    select
        bucket_no,
        -- It is :from_at, as an instant like event_at on every engine.
        least(min(event_at), cast(:from_at as timestamp)) as from_at,
        count(*) as readings,
        sum(case when is_valid_reading then 0 else 1 end) as invalid_readings,
        sum(case when is_breach then 1 else 0 end) as breaches,
        sum(case when is_late then 1 else 0 end) as late_readings,
        min(case when is_valid_reading then value end) as min_value,
        avg(case when is_valid_reading then value end) as avg_value,
        max(case when is_valid_reading then value end) as max_value
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
