{# The catalog of every table; none on Spark, whose names have two parts. #}
{% macro catalog() -%}
    {{ return(target.get('database')) }}
{%- endmacro %}
