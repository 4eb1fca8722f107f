{#
    Does this build add to what is there?

    dbt's own answer takes a look at the warehouse. `dbt compile --no-introspect` takes none: it
    shows the SQL of a later run, and that of a first one with --full-refresh.
#}
{% macro is_incremental() -%}
    {%- if execute and not flags.INTROSPECT -%}
        {{ return(model.config.materialized == 'incremental' and not should_full_refresh()) }}
    {%- endif -%}
    {{ return(dbt.is_incremental()) }}
{%- endmacro %}


{# May this node ask the warehouse while it compiles? Not while parsing, not in a unit test, whose
   relations are CTEs, and not with --no-introspect. #}
{% macro may_look_up() -%}
    {{ return(execute and flags.INTROSPECT and model.resource_type != 'unit_test') }}
{%- endmacro %}
