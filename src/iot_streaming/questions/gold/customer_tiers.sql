-- One row per tier that a customer is in, the worst first.
select
    customer_tier,
    count(*) as customers,
    avg(customer_score) as mean_customer_score,
    sum(devices) as devices,
    sum(open_alerts) as open_alerts,
    sum(revenue_amount) as revenue_amount
from agg_customer_summary
group by customer_tier
order by min(customer_score) nulls last, customer_tier nulls last
