{# Two relations have as many rows, each under its own condition. #}
{% test same_row_count(model, compare_to, condition='true', compare_to_condition='true') %}
with counts as (
    select
        (select count(*) from {{ model }} where {{ condition }}) as row_count,
        (select count(*) from {{ compare_to }} where {{ compare_to_condition }}) as compare_to_row_count
)

select *
from counts
where row_count <> compare_to_row_count
{% endtest %}
