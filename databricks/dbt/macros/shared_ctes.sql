{#
    CTEs whose last several others read: as they are, or one that stands for the last of them.

    DuckDB computes a CTE once, however many read it. Spark computes it as often as it is read, and
    CTEs that read each other grow beyond all bounds: there the last becomes a scratch table before
    the model is built. With --no-introspect and in unit tests Spark gets them as they are.

    ctes: their text, without `with`. wanted: the last one's name. before: texts of CTEs that they
    read.
#}
{% macro shared_ctes(ctes, wanted, before=()) -%}
    {{ return(adapter.dispatch('shared_ctes')(ctes, wanted, before)) }}
{%- endmacro %}

{% macro default__shared_ctes(ctes, wanted, before) -%}
    {{ return(ctes) }}
{%- endmacro %}

{# Spark's own CACHE TABLE doesn't do: a query that holds CTEs is not found again in a larger one. #}
{% macro spark__shared_ctes(ctes, wanted, before) -%}
    {%- if not may_look_up() -%}
        {{ return(ctes) }}
    {%- endif -%}
    {%- set table = scratch_schema().schema ~ '.' ~ model.name ~ '__' ~ wanted -%}
    {%- do run_query(
        "create table " ~ table ~ " using parquet as with " ~ (before | list + [ctes]) | join(', ')
        ~ " select * from " ~ wanted
    ) -%}
    {{ return(wanted ~ " as (select * from " ~ table ~ ")") }}
{%- endmacro %}

{% macro databricks__shared_ctes(ctes, wanted, before) -%}
    {{ return(ctes) }}
{%- endmacro %}


{#
    How many rows a CTE has, where that makes for a simpler query than one for any number; none
    where the engine does as well without. ctes: texts of all CTEs up to it.
#}
{% macro worthwhile_row_count(name, ctes) -%}
    {{ return(adapter.dispatch('worthwhile_row_count')(name, ctes)) }}
{%- endmacro %}

{% macro default__worthwhile_row_count(name, ctes) -%}
    {{ return(none) }}
{%- endmacro %}

{% macro spark__worthwhile_row_count(name, ctes) -%}
    {%- if not may_look_up() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set counted = run_query("with " ~ ctes | join(', ') ~ " select count(*) from " ~ name) -%}
    {{ return(counted.columns[0].values()[0] | int) }}
{%- endmacro %}

{% macro databricks__worthwhile_row_count(name, ctes) -%}
    {{ return(none) }}
{%- endmacro %}


{# on-run-start and on-run-end: a new and empty schema for scratch tables, and none. #}
{% macro make_scratch_schema() -%}
    {{ return(adapter.dispatch('make_scratch_schema')()) }}
{%- endmacro %}

{% macro default__make_scratch_schema() -%}
{%- endmacro %}

{% macro spark__make_scratch_schema() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {#- What a run that broke off has left. -#}
        {%- do adapter.drop_schema(scratch_schema()) -%}
        {%- do adapter.create_schema(scratch_schema()) -%}
    {%- endif -%}
{%- endmacro %}

{% macro databricks__make_scratch_schema() -%}
{%- endmacro %}

{% macro drop_scratch_schema() -%}
    {{ return(adapter.dispatch('drop_scratch_schema')()) }}
{%- endmacro %}

{% macro default__drop_scratch_schema() -%}
{%- endmacro %}

{% macro spark__drop_scratch_schema() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do adapter.drop_schema(scratch_schema()) -%}
    {%- endif -%}
{%- endmacro %}

{% macro databricks__drop_scratch_schema() -%}
{%- endmacro %}

{% macro scratch_schema() -%}
    {{ return(api.Relation.create(database=catalog(), schema=target.schema ~ '_scratch').without_identifier()) }}
{%- endmacro %}
