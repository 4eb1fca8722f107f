with orders as (
    select * from {{ ref('stg_orders') }}
    where not _is_deleted
),

products as (
    select * from {{ ref('stg_products') }}
),

statuses_without_revenue as (
    select status
    from {{ ref('status_meanings') }}
    where entity = 'order' and meaning = 'not_revenue'
),

facts as (
    select
        orders.order_id,
        {{ member_key('orders.customer_id') }} as customer_key,
        {{ calendar_key(iot_toolkit.utc_date('orders.ordered_at')) }} as date_key,
        orders.customer_id,
        orders.product_id,
        products.product_name,
        products.category as product_category,
        orders.order_status,
        statuses_without_revenue.status is null as is_revenue,
        orders.quantity,
        orders.unit_price,
        orders.total_amount,
        case
            when statuses_without_revenue.status is null then orders.total_amount
            else 0
        end as revenue_amount,
        orders.ordered_at,
        orders.updated_at
    from orders
    left join products on orders.product_id = products.product_id
    left join statuses_without_revenue on upper(orders.order_status) = statuses_without_revenue.status
)

select * from facts
