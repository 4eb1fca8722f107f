{{ config(severity='warn') }}
-- Devices that send are known to the source, and not deleted there.
select
    device_id,
    is_inferred,
    is_deleted,
    last_seen_at
from {{ ref('dim_devices') }}
where is_active
    and (is_inferred or is_deleted)
