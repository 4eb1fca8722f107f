-- One row per objective, the one with the least error budget left first.
select
    objective,
    kind,
    source,
    device_class,
    target,
    window_days,
    from_date,
    to_date,
    good,
    valid,
    sli,
    budget_left
from error_budgets
order by budget_left nulls last, objective nulls last
