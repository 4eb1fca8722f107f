{#- Counted anew each time, as silver looks at all changes for updates of keys each time. -#}
with first_deliveries as (
    {%- for changes in freshness_limits(of_changes=true) | map(attribute='source') | unique %}
    -- A change that was delivered again arrived when it first did.
    select
        '{{ changes }}' as source,
        min(_committed_at) as committed_at,
        min(_source_file_modified_at) as arrived_at
    from {{ bronze_rows(changes) }}
    where {{ iot_toolkit.array_is_empty('_errors') }}
        and _op in ('upsert', 'delete', 'truncate')
        and _committed_at is not null
    group by {{ bronze_keys()[changes][1] }}, {{ cdc_change_identity() }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as string) as source,
        cast(null as {{ iot_toolkit.instant_type() }}) as committed_at,
        cast(null as {{ iot_toolkit.instant_type() }}) as arrived_at
    where false
    {%- endfor %}
),

limits_declared as (
    {%- for limit in freshness_limits(of_changes=true) %}
    select
        '{{ limit.source }}' as source,
        {{ limit.within_minutes }} as within_minutes
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as string) as source,
        cast(null as integer) as within_minutes
    where false
    {%- endfor %}
),

counted_days as (
    select
        first_deliveries.source,
        limits_declared.within_minutes,
        {{ iot_toolkit.utc_date('first_deliveries.committed_at') }} as day,
        cast(sum(
            case
                when {{ iot_toolkit.seconds_between('first_deliveries.committed_at', 'first_deliveries.arrived_at') }}
                    <= limits_declared.within_minutes * 60 then 1
                else 0
            end
        ) as bigint) as good,
        count(*) as valid
    from first_deliveries
    inner join limits_declared on first_deliveries.source = limits_declared.source
    group by
        first_deliveries.source,
        limits_declared.within_minutes,
        {{ iot_toolkit.utc_date('first_deliveries.committed_at') }}
)

select * from counted_days
