-- One row per order, the newest first; every filter that is '' is off.
select
    fct_orders.order_id,
    fct_orders.customer_id,
    dim_customers.customer_name,
    fct_orders.product_id,
    fct_orders.product_name,
    fct_orders.product_category,
    fct_orders.order_status,
    fct_orders.is_revenue,
    fct_orders.quantity,
    fct_orders.unit_price,
    fct_orders.total_amount,
    fct_orders.ordered_at,
    fct_orders.updated_at
from fct_orders
left join dim_customers on fct_orders.customer_key = dim_customers.customer_key
where
    (:customer_id = '' or fct_orders.customer_id = :customer_id)
    and (:status = '' or fct_orders.order_status = :status)
order by fct_orders.ordered_at desc nulls last, fct_orders.order_id nulls last
