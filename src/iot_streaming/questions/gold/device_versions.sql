-- One row per version of a device's row at the source, the newest first: what held from when until
-- when.
select
    history.version_no,
    history.valid_from,
    history.valid_to,
    history.is_current,
    history.status,
    history.device_type,
    history.firmware_version_on_record,
    history.customer_id,
    dim_customers.customer_name,
    history.location_id,
    dim_locations.location_name,
    history.serial_number
from dim_devices_history as history
left join dim_customers on history.customer_key = dim_customers.customer_key
left join dim_locations on history.location_key = dim_locations.location_key
where history.device_id = :device_id
order by history.version_no desc nulls last, history.valid_from desc nulls last
