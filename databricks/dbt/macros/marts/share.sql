{# part ÷ whole, held within 0 and 1; NULL when the whole is 0 or either is NULL. #}
{% macro share(part, whole) -%}
    case
        when {{ part }} is not null and {{ whole }} > 0
            then greatest(0e0, least(1e0, cast({{ part }} as double) / cast({{ whole }} as double)))
    end
{%- endmacro %}
