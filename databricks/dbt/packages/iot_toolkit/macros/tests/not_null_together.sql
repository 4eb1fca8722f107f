{# Rows where one of these columns is NULL: one scan for all of them. #}
{% test not_null_together(model, columns) %}
select *
from {{ model }}
where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {%- endfor %}
{% endtest %}
