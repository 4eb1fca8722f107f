{#
    A select of one row that has each named limit of the seed tuning_limits as a column; cross
    join it. A name that the seed lacks is NULL and turns what depends on it off.
#}
{% macro limits(names) -%}
    select
    {%- for name in names %}
        max(case when limit_name = '{{ name }}' then limit_value end) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('tuning_limits') }}
{%- endmacro %}
