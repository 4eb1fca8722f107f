-- One row per objective and UTC day of its window: good of valid, and the share; :objective '' is
-- all of them.
select
    days.objective,
    days.day,
    days.good,
    days.valid,
    days.good / nullif(days.valid, 0) as sli,
    budgets.target
from objective_days as days
inner join error_budgets as budgets on days.objective = budgets.objective
where
    days.day >= budgets.from_date
    and days.day <= budgets.to_date
    and (:objective = '' or days.objective = :objective)
order by days.objective nulls last, days.day nulls last
