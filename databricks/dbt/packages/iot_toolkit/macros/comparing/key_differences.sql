{#
    A select of the keys that one of two relations has and the other has not, each under its own
    condition: columns key_value, problem.

    Hashes are compared in place of keys: shorter, and it would take two of 2^64 being equal by
    chance for one missing key to hide. left_name: what to call the left one where it is no table.
#}
{% macro key_differences(left, right, key, left_condition='true', right_condition='true', left_name=none) -%}
select
    cast(left_keys.{{ key }} as string) as key_value,
    'not in {{ right.identifier }}' as problem
from {{ left }} as left_keys
where {{ left_condition }}
    and not exists (
        select 1
        from (select {{ iot_toolkit.quick_hash(key) }} as key_hash from {{ right }} where {{ right_condition }}) as hashes
        where hashes.key_hash = {{ iot_toolkit.quick_hash('left_keys.' ~ key) }}
    )
union all
select
    cast(right_keys.{{ key }} as string) as key_value,
    'not in {{ left_name or left.identifier }}' as problem
from {{ right }} as right_keys
where {{ right_condition }}
    and not exists (
        select 1
        from (select {{ iot_toolkit.quick_hash(key) }} as key_hash from {{ left }} where {{ left_condition }}) as hashes
        where hashes.key_hash = {{ iot_toolkit.quick_hash('right_keys.' ~ key) }}
    )
{%- endmacro %}
