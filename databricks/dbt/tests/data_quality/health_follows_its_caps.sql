-- Whoever has an open critical alert or a silent sensor is not reported healthy.
with caps as (
    {{ limits(['health_failure_cap']) }}
)

select
    devices.device_id,
    devices.health_score
from {{ ref('dim_devices') }} as devices
cross join caps
where devices.health_score > caps.health_failure_cap
    and (devices.open_critical_alerts > 0 or devices.silent_sensors > 0)
