{#
    Pre-hook of an incremental model over readings: delete the rows that a moved reading has left
    (see int_moved_readings). What still has readings is computed again in the same run; what has
    none any more must not stay. Rows of `this` (left_rows) match
    `moved` in the columns and by the condition.
#}
{% macro forget_moved_readings(columns, condition='true') -%}
    {%- if execute and is_incremental() -%}
        {%- set moved -%}
            select
                device_id,
                sensor_type,
                location_id,
                {{ iot_toolkit.utc_hour('event_at') }} as event_hour_at,
                {{ iot_toolkit.utc_date('event_at') }} as event_date
            from {{ ref('int_moved_readings') }}
            where {{ moves_at_hand() }}
        {%- endset -%}
        {%- if run_query("select count(*) from (" ~ moved ~ ") as moved").columns[0].values()[0] > 0 -%}
            delete from {{ this }} as left_rows
            where exists (
                select 1
                from ({{ moved }}) as moved
                where {{ condition }}
                    {%- for column in columns %}
                    and left_rows.{{ column }} = moved.{{ column }}
                    {%- endfor %}
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
