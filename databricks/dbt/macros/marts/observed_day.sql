{# The part of a day in which readings are expected, with alias spans = int_device_spans. #}
{% macro observed_from_on(date) -%}
    greatest(cast({{ date }} as {{ iot_toolkit.instant_type() }}), spans.observed_from_at)
{%- endmacro %}

{% macro observed_until_on(date) -%}
    least(cast({{ iot_toolkit.add_days(date, 1) }} as {{ iot_toolkit.instant_type() }}), spans.as_of_at)
{%- endmacro %}


{# Pre-hook: with an earlier `as_of`, days without readings after it are no gaps any more. #}
{% macro forget_days_after_as_of() -%}
    {%- if execute and is_incremental() and var('as_of', none) is not none -%}
        delete from {{ this }}
        where readings = 0
            and metric_date > {{ iot_toolkit.utc_date(as_of()) }}
    {%- endif -%}
{%- endmacro %}
