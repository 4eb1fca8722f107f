{# Exact continuous percentile, interpolated between neighbours; NULLs are left out. #}
{% macro percentile(expression, fraction) -%}
    {{ return(adapter.dispatch('percentile', 'iot_toolkit')(expression, fraction)) }}
{%- endmacro %}

{% macro default__percentile(expression, fraction) -%}
    percentile({{ expression }}, {{ fraction }})
{%- endmacro %}

{% macro duckdb__percentile(expression, fraction) -%}
    quantile_cont({{ expression }}, {{ fraction }})
{%- endmacro %}


{# Median of a group. #}
{% macro median(expression) -%}
    {{ iot_toolkit.percentile(expression, 0.5) }}
{%- endmacro %}


{# The finite number that a decimal's text stands for; NULL for NAN, POSITIVE_INFINITY, text. #}
{% macro finite_double(text) -%}
    case
        when upper({{ text }}) like '%NAN%' or upper({{ text }}) like '%INF%' then null
        else try_cast({{ text }} as double)
    end
{%- endmacro %}


{# A double in whole thousandths, a bigint that is the same on every engine; NULL where it
   would be too great. For content_hash: engines write doubles as text in their own ways. #}
{% macro thousandths(expression) -%}
    case when abs({{ expression }}) < 1e15 then cast(floor({{ expression }} * 1000) as bigint) end
{%- endmacro %}
