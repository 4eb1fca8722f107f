{#
    When the oldest reading was taken that came in, or moved away, since this model was built: a
    datetime, none when that can't be told. As a literal in a model it spares the engine all files
    and row groups before it, so that a run costs what is new and not what is there.
#}
{% macro earliest_touched_at() -%}
    {%- if not may_look_up() or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set earliest -%}
        select min(event_micros) as event_micros
        from (
            select min({{ iot_toolkit.epoch_micros('event_at') }}) as event_micros
            from {{ ref('fct_iot_events') }}
            where {{ readings_at_hand(ref('fct_iot_events')) }}
            union all
            select min({{ iot_toolkit.epoch_micros('event_at') }}) as event_micros
            from {{ ref('int_moved_readings') }}
            where {{ moves_at_hand() }}
        ) as touched
    {%- endset -%}
    {%- set micros = run_query(earliest).columns[0].values()[0] -%}
    {%- if micros is none or micros < 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(
        modules.datetime.datetime(1970, 1, 1) + modules.datetime.timedelta(microseconds=micros | int)
    ) }}
{%- endmacro %}
