{#
    CTEs that end in lineages: of each life in the CTE `of_lives` (_row_key, _row_life_no), the
    lives that it continues.

    One row per life and life that it continues: _row_key, _row_life_no, _life_key, _life_no;
    itself among them.
    A chain of key updates is followed to its beginning where the engine takes a recursive query
    in this place, and for cdc_key_update_hops elsewhere: a value that was not sent through a
    longer chain is NULL there.

    hops: from cdc_key_update_hops().
#}
{% macro cdc_lineages(of_lives, hops) -%}
{% if hops is none -%}
lineages as (
    select
        _row_key,
        _row_life_no,
        _row_key as _life_key,
        _row_life_no as _life_no
    from {{ of_lives }}
    union all
    select
        lineages._row_key,
        lineages._row_life_no,
        key_updates._old_key as _life_key,
        key_updates._old_life_no as _life_no
    from lineages
    inner join key_updates
        on lineages._life_key = key_updates._new_key
        and lineages._life_no = key_updates._new_life_no
)
{%- else -%}
hops as (
    {%- for hop in range(hops + 1) %}
    {{ 'union all ' if not loop.first }}select {{ hop }} as hop
    {%- endfor %}
),

lives_by_hop as (
    select
        {{ of_lives }}._row_key,
        {{ of_lives }}._row_life_no,
        hops.hop,
        case hops.hop
            when 0 then {{ of_lives }}._row_key
            {%- for hop in range(1, hops + 1) %}
            when {{ hop }} then hop_{{ hop }}._old_key
            {%- endfor %}
        end as _life_key,
        case hops.hop
            when 0 then {{ of_lives }}._row_life_no
            {%- for hop in range(1, hops + 1) %}
            when {{ hop }} then hop_{{ hop }}._old_life_no
            {%- endfor %}
        end as _life_no
    from {{ of_lives }}
    {%- for hop in range(1, hops + 1) %}
    left join key_updates as hop_{{ hop }}
        {%- if loop.first %}
        on hop_1._new_key = {{ of_lives }}._row_key
        and hop_1._new_life_no = {{ of_lives }}._row_life_no
        {%- else %}
        on hop_{{ hop }}._new_key = hop_{{ hop - 1 }}._old_key
        and hop_{{ hop }}._new_life_no = hop_{{ hop - 1 }}._old_life_no
        {%- endif %}
    {%- endfor %}
    cross join hops
),

lineages as (
    select
        _row_key,
        _row_life_no,
        _life_key,
        _life_no
    from lives_by_hop
    where _life_key is not null
)
{%- endif %}
{%- endmacro %}


{#
    How many key updates a chain is followed for; none: to its beginning. No chain is longer than
    there are key updates, and mostly there are none. lives: text of CTEs up to key_updates.
#}
{% macro cdc_key_update_hops(lives) -%}
    {%- set hops = var('cdc_key_update_hops', none) -%}
    {%- set hops = hops if hops is not none else adapter.dispatch('cdc_key_update_hops')() -%}
    {%- if hops is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set key_updates = worthwhile_row_count('key_updates', [lives]) -%}
    {{ return(hops if key_updates is none else [hops, key_updates] | min) }}
{%- endmacro %}

{# Databricks takes no recursive query in a MERGE, and no recursive result of a million rows. #}
{% macro default__cdc_key_update_hops() -%}
    {{ return(6) }}
{%- endmacro %}

{% macro duckdb__cdc_key_update_hops() -%}
    {{ return(none) }}
{%- endmacro %}
