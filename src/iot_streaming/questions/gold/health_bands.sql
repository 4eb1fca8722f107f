-- One row per health band that a device is in, the worst first; devices without a score are a band
-- of their own.
select
    coalesce(health_band, 'No score') as health_band,
    count(*) as devices,
    avg(health_score) as mean_health_score,
    min(health_score) as worst_health_score
from dim_devices
where device_key <> 'unknown' and not is_deleted
group by coalesce(health_band, 'No score')
order by min(health_score) nulls last
