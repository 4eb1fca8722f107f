{# Rows for which a condition does not hold; NULL does not hold. #}
{% test always_true(model, condition) %}
select *
from {{ model }}
where not coalesce(({{ condition }}), false)
{% endtest %}
