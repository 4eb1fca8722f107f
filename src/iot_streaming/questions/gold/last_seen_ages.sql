-- One row per class of how long ago at the watermark monitored devices were last heard of, the
-- freshest first.
with watermark as (
    select max(as_of_at) as as_of_at
    from int_sensors
),

classed as (
    select
        dim_devices.last_seen_at,
        case
            when dim_devices.last_seen_at is null then 6
            when dim_devices.last_seen_at > watermark.as_of_at - interval '5' minute then 1
            when dim_devices.last_seen_at > watermark.as_of_at - interval '1' hour then 2
            when dim_devices.last_seen_at > watermark.as_of_at - interval '1' day then 3
            when dim_devices.last_seen_at > watermark.as_of_at - interval '7' day then 4
            else 5
        end as age_class
    from dim_devices
    cross join watermark
    where dim_devices.is_monitored
)

select
    age_class,
    case age_class
        when 1 then 'Within 5 minutes'
        when 2 then 'Within an hour'
        when 3 then 'Within a day'
        when 4 then 'Within a week'
        when 5 then 'Longer ago'
        else 'Never'
    end as last_seen,
    count(*) as devices,
    min(last_seen_at) as oldest_seen_at
from classed
group by age_class
order by age_class nulls last
