-- One row per part of a customer's score, 0 to 1, with the mean of all customers and the share of
-- them that score less; the last three are the ranks that rfm is made of.
with parts as (
    select customer_id, 1 as part_no, 'Fleet health' as part, fleet_health as score from agg_customer_summary
    union all
    select customer_id, 2 as part_no, 'Alert experience' as part, alert_experience as score from agg_customer_summary
    union all
    select customer_id, 3 as part_no, 'Buying (RFM)' as part, rfm as score from agg_customer_summary
    union all
    select customer_id, 4 as part_no, 'Activity trend' as part, activity_trend as score from agg_customer_summary
    union all
    select customer_id, 5 as part_no, 'Data trust' as part, data_trust as score from agg_customer_summary
    union all
    select customer_id, 6 as part_no, 'Recency' as part, recency_score as score from agg_customer_summary
    union all
    select customer_id, 7 as part_no, 'Frequency' as part, frequency_score as score from agg_customer_summary
    union all
    select customer_id, 8 as part_no, 'Monetary value' as part, monetary_score as score from agg_customer_summary
),

compared as (
    select
        parts.*,
        avg(parts.score) over (partition by parts.part_no) as mean_score,
        -- Among those that have a score in this part.
        percent_rank() over (
            partition by parts.part_no, case when parts.score is null then 1 else 0 end
            order by parts.score nulls last
        ) as scored_rank
    from parts
)

select
    part_no,
    part,
    score,
    mean_score,
    case when score is not null then scored_rank end as percent_rank
from compared
where customer_id = :customer_id
order by part_no nulls last
