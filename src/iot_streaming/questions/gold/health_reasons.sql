-- One row per reason that costs monitored devices health, the one that costs most of them first.
select
    coalesce(health_cap_reason, health_first_reason) as reason,
    count(*) as devices,
    sum(case when health_band <> 'Good' then 1 else 0 end) as unwell_devices,
    avg(health_score) as mean_health_score
from dim_devices
where coalesce(health_cap_reason, health_first_reason) is not null and not is_deleted
group by coalesce(health_cap_reason, health_first_reason)
order by
    sum(case when health_band <> 'Good' then 1 else 0 end) desc nulls last,
    count(*) desc nulls last,
    coalesce(health_cap_reason, health_first_reason) nulls last
