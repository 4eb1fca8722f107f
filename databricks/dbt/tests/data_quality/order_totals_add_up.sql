{{ config(severity='warn') }}
-- An order's total is its quantity times its price.
select
    order_id,
    quantity,
    unit_price,
    total_amount
from {{ ref('fct_orders') }}
-- Any quantity times any price fits: what breaks this rule must not stop it.
where total_amount <> cast(unit_price as decimal(24, 2)) * quantity
    or quantity <= 0
    or unit_price < 0
