-- One row per value that a filter of customers can take, and how many customers have it.
with choices as (
    select
        'tier' as filter_name,
        customer_tier as choice,
        count(*) as customers
    from agg_customer_summary
    group by customer_tier
    union all
    select
        'segment' as filter_name,
        segment as choice,
        count(*) as customers
    from agg_customer_summary
    group by segment
    union all
    select
        'country' as filter_name,
        country as choice,
        count(*) as customers
    from agg_customer_summary
    group by country
)

select
    filter_name,
    choice,
    choice as label,
    customers
from choices
where choice is not null and choice <> ''
order by filter_name nulls last, choice nulls last
