{{ config(severity='warn') }}
-- A device class leaves a column empty in the 24 hours before the watermark about as often as it did in the
-- days before: null share against the median of the trailing days' shares, which one bad day doesn't move.
{%- set is_empty = {
    'location_id': 'location_id is null',
    'unit_ucum': 'unit_ucum is null',
    'quality_flag': "quality_flag = 'not_evaluated'",
    'battery_level': 'battery_level is null',
    'firmware_version': 'firmware_version is null',
} %}
with share_limits as (
    {{ limits(['trailing_days', 'null_share_step', 'null_share_min_readings']) }}
),

watermark as (
    select {{ as_of() }} as as_of_at
),

readings as (
    select
        devices.device_type,
        floor({{ iot_toolkit.seconds_between('facts.event_at', 'watermark.as_of_at') }} / 86400) as days_ago,
        {%- for column in is_empty %}
        facts.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_iot_events') }} as facts
    inner join {{ ref('dim_devices') }} as devices on facts.device_key = devices.device_key
    cross join watermark
    -- as a subquery, so that the engine leaves all files and row groups before it alone
    where facts.event_date >= (
        select {{ iot_toolkit.add_days(iot_toolkit.utc_date('watermark.as_of_at'), '-share_limits.trailing_days - 1') }}
        from watermark
        cross join share_limits
    )
),

counts as (
    select
        device_type,
        days_ago,
        count(*) as readings,
        {%- for column, condition in is_empty.items() %}
        sum(case when {{ condition }} then 1e0 else 0e0 end) / count(*) as {{ column }}_share{{ ',' if not loop.last }}
        {%- endfor %}
    from readings
    group by device_type, days_ago
),

shares as (
    {%- for column in is_empty %}
    {{ 'union all' if not loop.first }}
    select
        device_type,
        '{{ column }}' as column_name,
        days_ago,
        {{ column }}_share as null_share
    from counts
    cross join share_limits
    where readings >= null_share_min_readings
        and days_ago <= trailing_days
    {%- endfor %}
),

compared as (
    select
        device_type,
        column_name,
        max(case when days_ago = 0 then null_share end) as null_share,
        {{ iot_toolkit.median('case when days_ago > 0 then null_share end') }} as trailing_null_share
    from shares
    group by device_type, column_name
)

select
    device_type,
    column_name,
    null_share,
    trailing_null_share
from compared
cross join share_limits
where null_share > trailing_null_share + null_share_step
