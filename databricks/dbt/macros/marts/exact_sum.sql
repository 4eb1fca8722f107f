{#
    Sum and average of fractions up to a thousand million, to nine places, as a double. Sums of
    doubles depend on the order that the engine meets the rows in; of decimals they don't, so a
    re-run gives the same rows to the last bit.
#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(18, 9))) as double)
{%- endmacro %}

{% macro exact_avg(expression) -%}
    {{ exact_sum(expression) }} / nullif(count({{ expression }}), 0)
{%- endmacro %}
