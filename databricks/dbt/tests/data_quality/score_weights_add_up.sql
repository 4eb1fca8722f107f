-- The weights of each score add up to 1, and each has a band that begins at 0.
with weights as (
    select
        score,
        sum(weight) as weight_sum
    from {{ ref('score_weights') }}
    group by score
),

bands as (
    select
        score,
        min(min_score) as lowest_score
    from {{ ref('score_bands') }}
    group by score
)

select
    weights.score,
    weights.weight_sum,
    bands.lowest_score
from weights
left join bands on weights.score = bands.score
where abs(weights.weight_sum - 1) > 1e-9
    or coalesce(bands.lowest_score, -1) <> 0
