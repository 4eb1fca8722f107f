{#
    Rows whose instant is more than a day after they arrived.

    In microseconds: an interval goes through DuckDB's calendar, for ten times the price.
#}
{% test not_from_the_future(model, column_name, arrived_at) %}
select *
from {{ model }}
where {{ iot_toolkit.epoch_micros(column_name) }} > {{ iot_toolkit.epoch_micros(arrived_at) }} + 86400000000
{% endtest %}
