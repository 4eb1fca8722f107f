with days as (
    {{ iot_toolkit.days_from_to(
        "cast('" ~ var('calendar_from', '2000-01-01') ~ "' as date)",
        "cast('" ~ var('calendar_to', '2049-12-31') ~ "' as date)"
    ) }}
),

calendar as (
    select
        {{ iot_toolkit.date_key('date_day') }} as date_key,
        date_day,
        year(date_day) as year_number,
        quarter(date_day) as quarter_number,
        month(date_day) as month_number,
        {{ iot_toolkit.month_name('date_day') }} as month_name,
        day(date_day) as day_of_month,
        {{ iot_toolkit.iso_day_of_week('date_day') }} as iso_day_of_week,
        {{ iot_toolkit.day_name('date_day') }} as day_name,
        {{ iot_toolkit.iso_week('date_day') }} as iso_week_number,
        {{ iot_toolkit.iso_year('date_day') }} as iso_year_number,
        {{ iot_toolkit.iso_day_of_week('date_day') }} >= 6 as is_weekend
    from days
),

unknown_member as (
    select
        0 as date_key,
        cast(null as date) as date_day,
        cast(null as integer) as year_number,
        cast(null as integer) as quarter_number,
        cast(null as integer) as month_number,
        'Unknown' as month_name,
        cast(null as integer) as day_of_month,
        cast(null as integer) as iso_day_of_week,
        'Unknown' as day_name,
        cast(null as integer) as iso_week_number,
        cast(null as integer) as iso_year_number,
        false as is_weekend
),

members as (
    select * from calendar
    union all
    select * from unknown_member
)

select * from members
