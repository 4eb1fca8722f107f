{#
    The instant that "recent" is measured from: the `as_of` variable (UTC text), or the newest
    event. Never the wall clock: a re-run gives the same rows.
#}
{% macro as_of() -%}
    {%- if var('as_of', none) is not none -%}
        {{ iot_toolkit.instant(var('as_of')) }}
    {%- else -%}
        (select max(event_at) from {{ ref('stg_iot_events') }})
    {%- endif -%}
{%- endmacro %}
