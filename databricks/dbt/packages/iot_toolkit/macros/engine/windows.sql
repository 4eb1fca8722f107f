{# The last value before this row, in the order of a named window, that is not NULL. #}
{% macro last_before(expression, window) -%}
    {{ return(adapter.dispatch('last_before', 'iot_toolkit')(expression, window)) }}
{%- endmacro %}

{% macro default__last_before(expression, window) -%}
    lag({{ expression }}) ignore nulls over {{ window }}
{%- endmacro %}

{% macro duckdb__last_before(expression, window) -%}
    lag({{ expression }} ignore nulls) over {{ window }}
{%- endmacro %}
