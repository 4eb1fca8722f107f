{#
    Seeds on open-source Spark: one statement a seed, where dbt-spark drops, creates and inserts,
    writes quotes as they are and an empty cell as the text None.

    It finds these by their names; dbt-databricks would too, so it is given its own.
#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {{ return('') }}
{%- endmacro %}

{% macro databricks__create_csv_table(model, agate_table) -%}
    {{ return(dbt.databricks__create_csv_table(model, agate_table)) }}
{%- endmacro %}

{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {{ return('') }}
{%- endmacro %}

{% macro databricks__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {{ return(dbt.databricks__reset_csv_table(model, full_refresh, old_relation, agate_table)) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = config.get('column_types', {}) -%}
    {%- set sql -%}
        create or replace table {{ this }}
        {{ file_format_clause() }}
        as select
        {%- for name in agate_table.column_names %}
            cast({{ name }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }}) as {{ name }}
            {{- ',' if not loop.last }}
        {%- endfor %}
        from values
        {%- for row in agate_table.rows %}
            ({% for cell in row %}{{ text_literal(cell) }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
        as cells ({{ agate_table.column_names | join(', ') }})
    {%- endset -%}
    {%- do run_query(sql) -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro databricks__load_csv_rows(model, agate_table) -%}
    {{ return(dbt.databricks__load_csv_rows(model, agate_table)) }}
{%- endmacro %}


{# A value as Spark's text literal; null for none. #}
{% macro text_literal(value) -%}
    {%- if value is none -%} null
    {%- else -%} '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}
