-- One row per UTC hour of the last :hours hours with readings that name a site: how many came, in
-- all and a minute.
with newest as (
    select max(event_hour_at) as last_hour_at
    from int_location_hours
)

select
    hours.event_hour_at,
    sum(hours.readings) as readings,
    sum(hours.readings) / 60e0 as readings_per_minute,
    count(distinct hours.location_id) as locations
from int_location_hours as hours
cross join newest
where hours.event_hour_at > newest.last_hour_at - interval '1' hour * cast(:hours as integer)
group by hours.event_hour_at
order by hours.event_hour_at nulls last
