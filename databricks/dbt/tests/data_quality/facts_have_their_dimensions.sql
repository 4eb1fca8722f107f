-- Whole history, by distinct keys: whatever a fact points to is there, be it only the unknown member.
{%- set pointers = [
    ('fct_iot_events', 'device_key', 'dim_devices'),
    ('fct_iot_events', 'location_key', 'dim_locations'),
    ('fct_iot_events', 'date_key', 'dim_date'),
    ('fct_orders', 'customer_key', 'dim_customers'),
    ('fct_orders', 'date_key', 'dim_date'),
    ('fct_alerts', 'device_key', 'dim_devices'),
    ('fct_alerts', 'location_key', 'dim_locations'),
    ('fct_alerts', 'date_key', 'dim_date'),
    ('agg_daily_device_metrics', 'device_key', 'dim_devices'),
    ('agg_daily_device_metrics', 'date_key', 'dim_date'),
] %}

{%- for fact, key, dimension in pointers %}
{{ 'union all' if not loop.first }}
select
    '{{ fact }}' as fact,
    '{{ dimension }}' as not_in,
    cast(keys.{{ key }} as string) as missing_key,
    keys.fact_rows
from (
    select
        {{ key }},
        count(*) as fact_rows
    from {{ ref(fact) }}
    group by {{ key }}
) as keys
left join {{ ref(dimension) }} as members on keys.{{ key }} = members.{{ key }}
where members.{{ key }} is null
{%- endfor %}
