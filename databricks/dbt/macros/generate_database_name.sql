{# The catalog of every table; on Databricks one of Unity Catalog, or nothing is parsed at all. #}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- if target.type == 'databricks' and (target.database or '') in ('', 'hive_metastore', 'spark_catalog') -%}
        {{ exceptions.raise_compiler_error(
            "no Unity Catalog catalog is set (it is '" ~ target.database
            ~ "'): set DBT_CATALOG, as in DBT_CATALOG=iot_streaming_dev"
        ) }}
    {%- endif -%}
    {{ return(dbt.generate_database_name(custom_database_name, node)) }}
{%- endmacro %}
