{# on-run-start: what this engine's session needs for the project's SQL to mean what it says. #}
{% macro prepare_session() -%}
    {{ return(adapter.dispatch('prepare_session')()) }}
{%- endmacro %}

{% macro default__prepare_session() -%}
{%- endmacro %}

{# dbt-spark turns ANSI off with each statement, whatever the profile says: overflows would wrap
   and casts that fail be NULL, unlike on the other engines. #}
{% macro spark__prepare_session() -%}
    {%- do adapter.config.credentials.server_side_parameters.update({'spark.sql.ansi.enabled': 'true'}) -%}
{%- endmacro %}

{% macro databricks__prepare_session() -%}
{%- endmacro %}
