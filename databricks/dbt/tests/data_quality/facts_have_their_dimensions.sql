-- Whole history, by distinct keys: whatever a fact points to is there, be it only the unknown member.
-- Of readings by what is counted of them, a hundredth of their rows: layers_add_up holds the days to the
-- facts, and the facts' own tests look at those that came in.
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

with days_of_readings as (
    select
        device_key,
        date_key,
        readings
    from {{ ref('agg_daily_device_metrics') }}
    where readings > 0
),

hours_of_locations as (
    select
        {{ member_key('location_id') }} as location_key,
        readings
    from {{ ref('int_location_hours') }}
)

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
        {{ 'sum(readings)' if fact == 'fct_iot_events' else 'count(*)' }} as fact_rows
    {%- if fact == 'fct_iot_events' %}
    from {{ 'hours_of_locations' if key == 'location_key' else 'days_of_readings' }}
    {%- else %}
    from {{ ref(fact) }}
    {%- endif %}
    group by {{ key }}
) as keys
left join {{ ref(dimension) }} as members on keys.{{ key }} = members.{{ key }}
where members.{{ key }} is null
{%- endfor %}
