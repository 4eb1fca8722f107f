{{
    config(
        materialized='incremental',
        unique_key='event_id',
        incremental_strategy=incremental_strategy(),
        incremental_predicates=met_again_predicates(),
        pre_hook=[
            "{{ forget_events_gone_from_bronze(bronze_rows('iot_events')) }}",
            "{{ note_what_is_met_again(bronze_rows('iot_events')) }}",
        ],
        post_hook="{{ keep_event_keys() }}",
    )
}}

{#-
    Late arrivals: any bronze row past the last seen _ingested_at is taken in, however old its
    event; it meets the event's row in silver, and the better of both stays.

    Only repeated events are sorted. A hash finds them cheaply; what it brings together by chance
    is parted by event_id afterwards. Which version wins depends on their content alone: better
    quality, then a hash; the columns after it decide where the hash can't.
-#}
{%- set at_hand = events_at_hand(bronze_rows('iot_events')) if is_incremental() else none %}
{%- set good_rows = iot_toolkit.array_is_empty('_errors') ~ (' and ' ~ at_hand.where if at_hand else '') %}
{%- set event_hash = iot_toolkit.quick_hash('event_id') %}

with source as (
    select * from {{ bronze_rows('iot_events') }}
    where {{ good_rows }}
),

units as (
    select * from {{ ref('units') }}
),

sensor_types as (
    select * from {{ ref('sensor_types') }}
),

versions as (
    select
        event_id,
        device_id,
        location_id,
        event_at,
        utc_offset,
        sensor_type,
        value as value_raw,
        unit as unit_raw,
        case
            when quality_flag in ('good', 'suspect', 'bad') then quality_flag
            else 'not_evaluated'
        end as quality_flag,
        case when battery_level between 0 and 100 then battery_level end as battery_level,
        firmware_version,
        _source_file_modified_at as arrived_at,
        _ingested_at,
        _source_file
    from source
    {%- if is_incremental() and at_hand.new %}
    union all
    select
        event_id,
        device_id,
        location_id,
        event_at,
        utc_offset,
        sensor_type,
        value_raw,
        unit_raw,
        quality_flag,
        battery_level,
        firmware_version,
        arrived_at,
        _ingested_at,
        _source_file
    from {{ this }}
    where event_id in (select source.event_id from source)
        and {{ met_again('event_at') }}
        {%- if at_hand.known %}
        -- all versions of these come from bronze
        and event_id not in ({{ at_hand.known }})
        {%- endif %}
    {%- endif %}
),

repeated_hashes as (
    select {{ event_hash }} as event_hash
    {%- if is_incremental() %}
    from versions
    {%- else %}
    -- one column of bronze, not all of versions: a full build reads millions
    from {{ bronze_rows('iot_events') }}
    where {{ good_rows }}
    {%- endif %}
    group by {{ event_hash }}
    having count(*) > 1
),

versions_with_repeats as (
    select
        versions.*,
        repeated_hashes.event_hash is not null as is_repeated
    from versions
    left join repeated_hashes
        on {{ event_hash }} = repeated_hashes.event_hash
),

repeats_ranked as (
    select
        *,
        min(arrived_at) over (partition by event_id) as first_arrived_at,
        max(_ingested_at) over (partition by event_id) as last_ingested_at,
        row_number() over (
            partition by event_id
            order by
                case quality_flag
                    when 'good' then 1
                    when 'suspect' then 2
                    when 'not_evaluated' then 3
                    else 4
                end,
                {{ iot_toolkit.content_hash([
                    'device_id',
                    'location_id',
                    iot_toolkit.epoch_micros('event_at'),
                    'utc_offset',
                    'sensor_type',
                    iot_toolkit.thousandths('value_raw'),
                    'unit_raw',
                    iot_toolkit.thousandths('battery_level'),
                    'firmware_version',
                ]) }},
                value_raw nulls last,
                battery_level nulls last,
                location_id nulls last,
                utc_offset nulls last,
                unit_raw nulls last,
                firmware_version nulls last,
                _source_file nulls last
        ) as version_rank
    from versions_with_repeats
    where is_repeated
),

events as (
    select
        event_id,
        device_id,
        location_id,
        event_at,
        utc_offset,
        sensor_type,
        value_raw,
        unit_raw,
        quality_flag,
        battery_level,
        firmware_version,
        arrived_at,
        _ingested_at,
        _source_file
    from versions_with_repeats
    where not is_repeated
    union all
    select
        event_id,
        device_id,
        location_id,
        event_at,
        utc_offset,
        sensor_type,
        value_raw,
        unit_raw,
        quality_flag,
        battery_level,
        firmware_version,
        first_arrived_at as arrived_at,
        last_ingested_at as _ingested_at,
        _source_file
    from repeats_ranked
    where version_rank = 1
),

-- a unit that this sensor type can't be measured in is as good as unknown
events_in_canonical_units as (
    select
        events.*,
        units.unit_ucum,
        coalesce(events.value_raw * units.factor + units.offset, events.value_raw) as value,
        sensor_types.physical_min,
        sensor_types.physical_max
    from events
    left join sensor_types
        on events.sensor_type = sensor_types.sensor_type
    left join units
        on events.unit_raw = units.unit_raw
        and units.canonical_unit = coalesce(sensor_types.canonical_unit, units.canonical_unit)
),

-- infinities and NaN are in no range: only finite numbers differ from themselves by 0
events_judged as (
    select
        *,
        coalesce(value - value = 0, false)
        and coalesce(value >= physical_min, true)
        and coalesce(value <= physical_max, true) as is_in_physical_range
    from events_in_canonical_units
),

final as (
    select
        event_id,
        device_id,
        location_id,
        event_at,
        {{ iot_toolkit.utc_date('event_at') }} as event_date,
        utc_offset,
        sensor_type,
        value,
        unit_ucum,
        value_raw,
        unit_raw,
        quality_flag,
        is_in_physical_range,
        is_in_physical_range and unit_ucum is not null and quality_flag <> 'bad' as is_valid_reading,
        battery_level,
        firmware_version,
        arrived_at,
        {{ iot_toolkit.seconds_between('event_at', 'arrived_at') }} > {{ var('late_after_minutes') }} * 60 as is_late,
        _ingested_at,
        _source_file
    from events_judged
)

select * from final
