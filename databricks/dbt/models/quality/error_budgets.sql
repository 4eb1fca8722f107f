-- depends_on: {{ ref('stg_iot_events') }}
with objectives as (
    {{ objectives_declared() }}
),

watermark as (
    select {{ iot_toolkit.utc_date(as_of()) }} as to_date
),

windows as (
    select
        objectives.*,
        {{ iot_toolkit.add_days('watermark.to_date', '1 - objectives.window_days') }} as from_date,
        watermark.to_date
    from objectives
    cross join watermark
),

counted as (
    select
        windows.objective,
        cast(coalesce(sum(days.good), 0) as bigint) as good,
        cast(coalesce(sum(days.valid), 0) as bigint) as valid
    from windows
    left join {{ ref('objective_days') }} as days
        on windows.objective = days.objective
        and days.day between windows.from_date and windows.to_date
    group by windows.objective
),

measured as (
    select
        windows.objective,
        windows.kind,
        windows.source,
        windows.device_class,
        windows.target,
        windows.window_days,
        windows.from_date,
        windows.to_date,
        counted.good,
        counted.valid,
        cast(counted.good as double) / nullif(cast(counted.valid as double), 0) as sli
    from windows
    inner join counted on windows.objective = counted.objective
),

budgets as (
    select
        *,
        1 - (1 - sli) / (1 - target) as budget_left
    from measured
)

select * from budgets
