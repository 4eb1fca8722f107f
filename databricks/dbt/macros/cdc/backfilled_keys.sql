{# The days of a backfill of the one source of changes that this model is built from; else none. #}
{% macro backfill_of_changes() -%}
    {%- set source = var('backfill_source', none) -%}
    {%- if not may_look_up() or source not in model.sources | map(attribute=1) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(backfill(source)) }}
{%- endmacro %}


{# A select of the keys in `this` whose state or history has changed since a backfill's first day. #}
{% macro keys_changed_since(key, days) -%}
    {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
    {%- set times = ['valid_from', 'valid_to'] if 'valid_from' in columns else ['_committed_at'] -%}
    select {{ key }}
    from {{ this }}
    where {{ key }} is not null
        and (
            {%- for time in times %}
            {{ 'or ' if not loop.first }}{{ time }} >= {{ iot_toolkit.instant(days.first ~ ' 00:00:00') }}
            {%- endfor %}
        )
{%- endmacro %}


{# Pre-hook of a current state: delete keys changed since then that bronze has no good change of. #}
{% macro forget_keys_gone_from_bronze(bronze, key) -%}
    {%- set days = backfill_of_changes() if execute else none -%}
    {%- if days -%}
        {{ delete_gone(key, keys_changed_since(key, days), bronze) }}
    {%- endif -%}
{%- endmacro %}
