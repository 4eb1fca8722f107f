{# Predicate: the value sticks out of both its neighbours, to the same side, by more than the limit. #}
{% macro is_spike(previous_value, value, next_value, spike_limit) -%}
    (
        ({{ value }} - {{ previous_value }}) * ({{ value }} - {{ next_value }}) > 0
        and least(abs({{ value }} - {{ previous_value }}), abs({{ value }} - {{ next_value }})) > {{ spike_limit }}
    )
{%- endmacro %}
