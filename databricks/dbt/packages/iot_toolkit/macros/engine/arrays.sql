{# Is this array NULL or without elements? #}
{% macro array_is_empty(array) -%}
    {{ return(adapter.dispatch('array_is_empty', 'iot_toolkit')(array)) }}
{%- endmacro %}

{% macro default__array_is_empty(array) -%}
    coalesce(cardinality({{ array }}), 0) = 0
{%- endmacro %}

{% macro duckdb__array_is_empty(array) -%}
    coalesce(len({{ array }}), 0) = 0
{%- endmacro %}

{# size(NULL) is -1 or NULL on Spark, as the session is set. #}
{% macro spark__array_is_empty(array) -%}
    coalesce(size({{ array }}), 0) <= 0
{%- endmacro %}


{# Does this array hold the value? A NULL array holds nothing. #}
{% macro array_holds(array, value) -%}
    {{ return(adapter.dispatch('array_holds', 'iot_toolkit')(array, value)) }}
{%- endmacro %}

{% macro default__array_holds(array, value) -%}
    coalesce(array_contains({{ array }}, {{ value }}), false)
{%- endmacro %}
