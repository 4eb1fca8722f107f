{#
    delete+insert for open-source Spark, which dbt-spark has not: one MERGE, so that a run that
    breaks off leaves a key's rows as they were.

    Both macros stand in for dbt-spark's of these names and leave all else to them; dbt-databricks
    and dbt-duckdb use neither.
#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {%- if raw_strategy == 'delete+insert' -%}
        {{ return(raw_strategy) }}
    {%- endif -%}
    {{ return(dbt.dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format)) }}
{%- endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- if strategy == 'delete+insert' -%}
        {{ return(spark_delete_and_insert(source, target, unique_key)) }}
    {%- endif -%}
    {{ return(dbt.dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates)) }}
{%- endmacro %}

{# Each key's first row comes twice: once to delete what the key had, once to be inserted. #}
{% macro spark_delete_and_insert(source, target, unique_key) -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
merge into {{ target }} as old_rows
using (
    select
        numbered_rows.*,
        is_to_delete
    from (
        select
            *,
            row_number() over (partition by {{ unique_key }} order by {{ unique_key }}) as row_no
        from {{ source }}
    ) as numbered_rows
    cross join (select explode(array(true, false)) as is_to_delete) as both_ways
    where row_no = 1 or not is_to_delete
) as new_rows
on new_rows.is_to_delete
    and old_rows.{{ unique_key }} = new_rows.{{ unique_key }}
when matched then delete
when not matched and not new_rows.is_to_delete then insert (
    {{ columns | join(', ') }}
) values (
    new_rows.{{ columns | join(', new_rows.') }}
)
{%- endmacro %}
