-- depends_on: {{ ref('fct_iot_events') }}
-- depends_on: {{ ref('int_hourly_readings') }}
-- depends_on: {{ ref('agg_daily_device_metrics') }}

select
    device_id,
    sensor_type,
    threshold_hash,
    settings_hash
from {{ ref('int_sensor_settings') }}
