{#
    Predicate for comparing two big tables: the touched rows (see touched_rows), which is what a run
    can have spoilt; or all, when the tables no longer have equally many, so that whatever was lost
    long ago is named too. Both counts are SELECTs of one number.
#}
{% macro compared_rows(left_count, right_count) -%}
    {%- if not may_look_up() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set differences = run_query(
        "select count(*) from (select 1 as one where (" ~ left_count ~ ") <> (" ~ right_count ~ ")) as differences"
    ).columns[0].values()[0] -%}
    {{ return('true' if differences else touched_rows()) }}
{%- endmacro %}
