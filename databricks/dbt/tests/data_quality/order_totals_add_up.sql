{{ config(severity='warn') }}
-- An order's total is its quantity times its price.
select
    order_id,
    quantity,
    unit_price,
    total_amount
from {{ ref('fct_orders') }}
where total_amount <> quantity * unit_price
    or quantity <= 0
    or unit_price < 0
