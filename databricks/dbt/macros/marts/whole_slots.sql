{# How many whole slots of the sensor's interval lie between two instants; NULL without interval. #}
{% macro whole_slots(from_at, until_at, interval_seconds) -%}
    case
        when {{ interval_seconds }} is not null and {{ from_at }} is not null
            then cast(
                greatest(
                    floor({{ iot_toolkit.epoch_micros(until_at) }} / ({{ interval_seconds }} * 1e6))
                    - ceil({{ iot_toolkit.epoch_micros(from_at) }} / ({{ interval_seconds }} * 1e6)),
                    0
                ) as bigint
            )
    end
{%- endmacro %}


{# The number of the slot that an instant lies in: the sensor's intervals are counted from 1970. #}
{% macro slot_of(micros, interval_seconds) -%}
    cast(floor({{ micros }} / ({{ interval_seconds }} * 1e6)) as bigint)
{%- endmacro %}
