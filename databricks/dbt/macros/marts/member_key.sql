{#
    Key of a dimension's member: md5 of the business key; 'unknown', the unknown member's key,
    where there is none. So a fact never loses a row in a join with a dimension.
#}
{% macro member_key(business_key) -%}
    case
        when {{ business_key }} is null then 'unknown'
        else {{ iot_toolkit.surrogate_key(business_key) }}
    end
{%- endmacro %}


{# Key in dim_date: yyyymmdd; 0, the unknown member, outside the calendar that dim_date holds. #}
{% macro calendar_key(date) -%}
    case
        when {{ date }} between cast('{{ var("calendar_from", "2000-01-01") }}' as date)
            and cast('{{ var("calendar_to", "2049-12-31") }}' as date)
            then {{ iot_toolkit.date_key(date) }}
        else 0
    end
{%- endmacro %}


{# Key of a version in a history: md5 of the business key and when it began, in microseconds. #}
{% macro version_key(business_key) -%}
    {{ iot_toolkit.surrogate_key([business_key, iot_toolkit.epoch_micros('valid_from')]) }}
{%- endmacro %}
