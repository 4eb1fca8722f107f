{#
    CTEs whose last several others read: as they are, or one that stands for the last of them.

    DuckDB computes a CTE once, however many read it. Spark computes it as often as it is read, and
    CTEs that read each other grow beyond all bounds: it is given the last as a temporary view
    whose rows it keeps, computed before the model and forgotten after the run. With
    --no-introspect and in unit tests it gets them as they are.

    ctes: their text, without `with`. wanted: the last one's name. before: texts of CTEs that they
    read.
#}
{% macro shared_ctes(ctes, wanted, before=()) -%}
    {{ return(adapter.dispatch('shared_ctes')(ctes, wanted, before)) }}
{%- endmacro %}

{% macro default__shared_ctes(ctes, wanted, before) -%}
    {{ return(ctes) }}
{%- endmacro %}

{% macro spark__shared_ctes(ctes, wanted, before) -%}
    {%- if not may_look_up() -%}
        {{ return(ctes) }}
    {%- endif -%}
    {%- set view = shared_cte_view(wanted) -%}
    {#- Unlike any before it: Spark would take rows that it keeps of an equal query for these. -#}
    {%- do run_query(
        "cache table " ~ view ~ " as with " ~ (before | list + [ctes]) | join(', ')
        ~ " select * from " ~ wanted ~ " where '" ~ invocation_id ~ "' <> ''"
    ) -%}
    {{ return(wanted ~ " as (select * from " ~ view ~ ")") }}
{%- endmacro %}

{% macro databricks__shared_ctes(ctes, wanted, before) -%}
    {{ return(ctes) }}
{%- endmacro %}


{# The temporary view that Spark has for a shared CTE of this model. #}
{% macro shared_cte_view(name) -%}
    {{ return(model.name ~ '__' ~ name ~ '__' ~ invocation_id | replace('-', '')) }}
{%- endmacro %}


{# Has this shared CTE no rows, so that what reads it can be left out? False where that isn't known. #}
{% macro is_known_as_empty(name) -%}
    {{ return(adapter.dispatch('is_known_as_empty')(name)) }}
{%- endmacro %}

{% macro default__is_known_as_empty(name) -%}
    {{ return(false) }}
{%- endmacro %}

{% macro spark__is_known_as_empty(name) -%}
    {{ return(
        may_look_up()
        and run_query("select count(*) from " ~ shared_cte_view(name)).columns[0].values()[0] == 0
    ) }}
{%- endmacro %}

{% macro databricks__is_known_as_empty(name) -%}
    {{ return(false) }}
{%- endmacro %}


{# on-run-end: let go of the rows that were kept for the models. #}
{% macro forget_shared_ctes() -%}
    {{ return(adapter.dispatch('forget_shared_ctes')()) }}
{%- endmacro %}

{% macro default__forget_shared_ctes() -%}
{%- endmacro %}

{% macro spark__forget_shared_ctes() -%}
    clear cache
{%- endmacro %}

{% macro databricks__forget_shared_ctes() -%}
{%- endmacro %}
