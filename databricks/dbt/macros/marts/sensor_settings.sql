{#
    Joins of a relation with device_id and sensor_type to int_sensor_settings: aliases own
    (settings of that device's sensor) and common (of any device's sensor of that type).
    Read the settings by sensor_setting().
#}
{% macro join_sensor_settings(readings) -%}
    left join {{ ref('int_sensor_settings') }} as own
        on {{ readings }}.device_id = own.device_id
        and {{ readings }}.sensor_type = own.sensor_type
    left join {{ ref('int_sensor_settings') }} as common
        on {{ readings }}.sensor_type = common.sensor_type
        and common.device_id is null
{%- endmacro %}


{# A setting of the sensor: its own where it has settings of its own, else its type's. #}
{% macro sensor_setting(column) -%}
    case when own.device_id is not null then own.{{ column }} else common.{{ column }} end
{%- endmacro %}


{#
    A select of (device_id, sensor_type) whose settings are others than those that the last
    complete build used; device_id NULL: all devices' sensors of that type. None (the Jinja value)
    when all are as they were, so that a model can leave the whole branch out; and in a backfill of
    events, which builds its days alone: the next build of all has changed settings applied.

    It compares state with state, no times: int_settings_applied is written when all that depends
    on the settings has been built, so a build that broke off is made up for by the next.
    It is looked up and not ref'd: it belongs to the build before this one.
#}
{% macro changed_sensor_settings(settings_hash) -%}
    {%- if not may_look_up() or not is_incremental() or backfill() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set applied = adapter.get_relation(this.database, this.schema, 'int_settings_applied') -%}
    {%- if applied is none -%}
        {{ return("select cast(null as string) as device_id, sensor_type from " ~ ref('int_sensor_settings')) }}
    {%- endif -%}
    {%- set changed -%}
        select
            coalesce(settings.device_id, applied.device_id) as device_id,
            coalesce(settings.sensor_type, applied.sensor_type) as sensor_type
        from {{ ref('int_sensor_settings') }} as settings
        full outer join {{ applied }} as applied
            on coalesce(settings.device_id, '') = coalesce(applied.device_id, '')
            and settings.sensor_type = applied.sensor_type
        where coalesce(settings.{{ settings_hash }}, '') <> coalesce(applied.{{ settings_hash }}, '')
    {%- endset -%}
    {%- if run_query("select count(*) from (" ~ changed ~ ") as changed").columns[0].values()[0] == 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(changed) }}
{%- endmacro %}


{# Predicate: the row's sensor is among changed_sensor_settings(). #}
{% macro is_of_changed_sensor(readings, changed) -%}
    exists (
        select 1
        from ({{ changed }}) as changed
        where changed.sensor_type = {{ readings }}.sensor_type
            and coalesce(changed.device_id, {{ readings }}.device_id) = {{ readings }}.device_id
    )
{%- endmacro %}
