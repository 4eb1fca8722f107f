with customers as (
    select * from {{ ref('stg_customers') }}
),

devices as (
    select * from {{ ref('dim_devices') }}
    where device_id is not null
),

orders as (
    select * from {{ ref('fct_orders') }}
),

-- Every customer that a device or an order names or named, whether their row has come yet or not.
customer_ids as (
    select customer_id from customers
    union
    select customer_id from devices
    where customer_id is not null
    union
    select customer_id from orders
    where customer_id is not null
    union
    select customer_id from {{ ref('dim_devices_history') }}
    where customer_id is not null
    union
    -- The unknown member: joins nothing, so all about it is NULL or none.
    select cast(null as string) as customer_id
),

customer_devices as (
    select
        customer_id,
        count(*) as devices,
        sum(case when is_active then 1 else 0 end) as active_devices,
        sum(open_alerts) as open_alerts
    from devices
    where not is_deleted
    group by customer_id
),

customer_orders as (
    select
        customer_id,
        count(*) as orders,
        sum(case when is_revenue then 1 else 0 end) as revenue_orders,
        sum(revenue_amount) as revenue_amount,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from orders
    group by customer_id
),

members as (
    select
        {{ member_key('customer_ids.customer_id') }} as customer_key,
        customer_ids.customer_id,
        customers.customer_name,
        customers.email,
        customers.phone,
        customers.segment,
        customers.country,
        customers.created_at,
        coalesce(customers._is_deleted, false) as is_deleted,
        customer_ids.customer_id is not null and customers.customer_id is null as is_inferred,
        coalesce(customer_devices.devices, 0) as devices,
        coalesce(customer_devices.active_devices, 0) as active_devices,
        coalesce(customer_devices.open_alerts, 0) as open_alerts,
        coalesce(customer_orders.orders, 0) as orders,
        coalesce(customer_orders.revenue_orders, 0) as revenue_orders,
        coalesce(customer_orders.revenue_amount, 0) as revenue_amount,
        customer_orders.first_ordered_at,
        customer_orders.last_ordered_at
    from customer_ids
    left join customers on customer_ids.customer_id = customers.customer_id
    left join customer_devices on customer_ids.customer_id = customer_devices.customer_id
    left join customer_orders on customer_ids.customer_id = customer_orders.customer_id
)

select * from members
