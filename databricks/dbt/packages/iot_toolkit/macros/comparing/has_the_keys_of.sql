{#
    Has `right` exactly the keys of `left`, each once? Answered while compiling, by their number and
    the sum of their hashes: a look at each table, where key_differences() joins them both ways. So
    it is asked before that one when whole tables are compared, and mostly instead of it.

    distinct: whether the left one may have a key many times.
#}
{% macro has_the_keys_of(left, right, key, left_condition='true', right_condition='true', distinct=false) -%}
    {%- set hashes -%}
        select count(*) as key_count, coalesce(sum(cast(key_hash as decimal(38, 0))), 0) as hash_sum
    {%- endset -%}
    {%- set differences -%}
        select count(*)
        from (
            {{ hashes }}
            from (
                select {{ 'distinct' if distinct }} {{ iot_toolkit.quick_hash(key) }} as key_hash
                from {{ left }} as left_rows
                where {{ left_condition }}
            ) as left_hashes
        ) as left_keys
        inner join (
            {{ hashes }}
            from (select {{ iot_toolkit.quick_hash(key) }} as key_hash from {{ right }} as right_rows where {{ right_condition }}) as right_hashes
        ) as right_keys
            on left_keys.key_count <> right_keys.key_count or left_keys.hash_sum <> right_keys.hash_sum
    {%- endset -%}
    {{ return(run_query(differences).columns[0].values()[0] == 0) }}
{%- endmacro %}
