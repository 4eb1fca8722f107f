{#
    CTEs that end in sent_values: `lives` with each value that was not sent filled in.

    An unsent value is the newest sent one before it in the row's life, through a chain of key
    updates; NULL when there is none. Few lives have any, and only those are looked into.
#}
{% macro cdc_sent_values(key, columns, lives, hops) -%}
{%- set is_partial = 'not _is_delete and not ' ~ iot_toolkit.array_is_empty('_unavailable_columns') -%}
{%- set of_row = 'partition by _row_key, _row_life_no' -%}
{%- set kept = ['_is_delete', '_sequence_major', '_sequence_minor', '_sequence_sub', '_change_id', '_committed_at'] -%}
{%- set partial_lives -%}
partial_lives as (
    select distinct
        {{ key }} as _row_key,
        _life_no as _row_life_no
    from lives
    where {{ is_partial }}
)
{%- endset -%}
{%- set all_is_sent = worthwhile_row_count('partial_lives', [lives, partial_lives]) == 0 -%}
{%- if not all_is_sent -%}
{%- set lineage_changes -%}
{{ cdc_lineages('partial_lives', hops) }},

lineage_changes as (
    select
        lineages._row_key,
        lineages._row_life_no,
        lineages._row_life_no = lineages._life_no and lineages._row_key = lineages._life_key as _is_own,
        lives.*,
        row_number() over (
            partition by lineages._row_key, lineages._row_life_no
            order by
                lives._sequence_major,
                lives._sequence_minor,
                lives._sequence_sub,
                lives._change_id
        ) as _version_no
    from lineages
    inner join lives
        on lineages._life_key = lives.{{ key }}
        and lineages._life_no = lives._life_no
)
{%- endset -%}
{{ partial_lives }},

{{ shared_ctes(lineage_changes, 'lineage_changes', [lives, partial_lives]) }},

lineage_changes_with_newest_sent as (
    select
        *
        {%- for column in columns %},
        max(
            case
                when not _is_delete
                    and not {{ iot_toolkit.array_holds('_unavailable_columns', "'" ~ column ~ "'") }}
                    then _version_no
            end
        ) over (
            {{ of_row }} order by _version_no rows between unbounded preceding and current row
        ) as _{{ column }}_version_no
        {%- endfor %},
        max(_key_ingested_at) over (
            {{ of_row }} order by _version_no rows between unbounded preceding and unbounded following
        ) as _ingested_at
    from lineage_changes
),

lineage_changes_filled as (
    select
        changes.{{ key }},
        {%- for column in columns %}
        sent_{{ column }}.{{ column }},
        {%- endfor %}
        {%- for column in kept %}
        changes.{{ column }},
        {%- endfor %}
        changes._ingested_at
    from lineage_changes_with_newest_sent as changes
    {%- for column in columns %}
    left join lineage_changes as sent_{{ column }}
        on changes._row_key = sent_{{ column }}._row_key
        and changes._row_life_no = sent_{{ column }}._row_life_no
        and changes._{{ column }}_version_no = sent_{{ column }}._version_no
    {%- endfor %}
    where changes._is_own
),

{% endif -%}
sent_values as (
    select
        {{ key }},
        {{ columns | join(',\n        ') }},
        {{ kept | join(',\n        ') }},
        _key_ingested_at as _ingested_at
    from lives
    {%- if not all_is_sent %}
    where not exists (
        select 1
        from partial_lives
        where partial_lives._row_key = lives.{{ key }}
            and partial_lives._row_life_no = lives._life_no
    )
    union all
    select
        {{ key }},
        {{ columns | join(',\n        ') }},
        {{ kept | join(',\n        ') }},
        _ingested_at
    from lineage_changes_filled
    {%- endif %}
)
{%- endmacro %}
