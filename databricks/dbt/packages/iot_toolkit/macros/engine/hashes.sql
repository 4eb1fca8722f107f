{# A quick 64-bit hash of one value, for comparing within one statement: never stored, as each
   engine has its own. #}
{% macro quick_hash(expression) -%}
    {{ return(adapter.dispatch('quick_hash', 'iot_toolkit')(expression)) }}
{%- endmacro %}

{% macro default__quick_hash(expression) -%} xxhash64({{ expression }}) {%- endmacro %}

{% macro duckdb__quick_hash(expression) -%} hash({{ expression }}) {%- endmacro %}


{# md5 over values as text: the same hex digits on every engine, as long as the values are
   strings, integers or dates (engines write doubles and timestamps differently). #}
{% macro content_hash(expressions) -%}
    md5(
    {%- for expression in expressions %}
        {{ '|| chr(31) || ' if not loop.first }}coalesce(cast({{ expression }} as string), '')
    {%- endfor %}
    )
{%- endmacro %}


{# Surrogate key: md5 of the business key; the parts of a compound one joined by |. #}
{% macro surrogate_key(columns) -%}
    {%- set columns = [columns] if columns is string else columns -%}
    md5(
    {%- for column in columns %}
        {{- " || '|' || " if not loop.first }}coalesce(cast({{ column }} as string), '')
    {%- endfor -%}
    )
{%- endmacro %}
