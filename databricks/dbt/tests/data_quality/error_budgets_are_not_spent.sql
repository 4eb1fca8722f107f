{{ config(severity='warn') }}
-- Each objective has been met over its window: some of what may go wrong is left.
select
    objective,
    target,
    sli,
    budget_left
from {{ ref('error_budgets') }}
where budget_left <= 0
