{#
    A select of one row per key ever seen: the key's last known values, _is_deleted,
    _committed_at (of its last change) and _ingested_at (newest of all that it rests on).

    The state of a key is a function of the set of its changes, whatever order they arrive in and
    however often: each touched key is recomputed from all its bronze changes, placed in the
    source's commit order.

    - A change delivered again (same _change_id and key) counts once.
    - A key's life ends at its delete or at a TRUNCATE of the table (see cdc_lives). A primary-key
      update is a delete of the old key and an upsert of the new one in one change: the new key's
      life continues the old key's.
    - A value that the source did not send (_unavailable_columns: unchanged TOAST) is the newest
      sent one of the row's life, through a chain of key updates (see cdc_lineages).

    changes: the bronze relation. key: its key column. columns: the other columns to keep.
#}
{% macro cdc_current_state(changes, key, columns) -%}
{%- set lives = cdc_shared_lives(changes, key, columns) -%}
{%- set hops = cdc_key_update_hops(lives) -%}
with {{ 'recursive ' if hops is none }}{{ lives }},

last_lives as (
    select
        {{ key }} as _row_key,
        _life_no as _row_life_no
    from lives
    where _is_last
),

{{ cdc_lineages('last_lives', hops) }},

versions as (
    select
        lineages._row_key,
        {%- for column in columns %}
        lives.{{ column }},
        {%- endfor %}
        lives._is_delete,
        lives._unavailable_columns,
        lives._key_ingested_at,
        row_number() over (
            partition by lineages._row_key
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
),

versions_with_newest_sent as (
    select
        *
        {%- for column in columns %},
        max(
            case
                when not _is_delete
                    and not {{ iot_toolkit.array_holds('_unavailable_columns', "'" ~ column ~ "'") }}
                    then _version_no
            end
        ) over (partition by _row_key) as _{{ column }}_version_no
        {%- endfor %}
    from versions
),

last_values as (
    select
        _row_key,
        {%- for column in columns %}
        max(case when _version_no = _{{ column }}_version_no then {{ column }} end) as {{ column }},
        {%- endfor %}
        max(_key_ingested_at) as _lineage_ingested_at
    from versions_with_newest_sent
    group by _row_key
)

select
    lives.{{ key }},
    {%- for column in columns %}
    last_values.{{ column }},
    {%- endfor %}
    lives._is_delete or lives._is_truncated as _is_deleted,
    case
        when lives._is_truncated then lives._truncated_at
        else lives._committed_at
    end as _committed_at,
    case
        when lives._is_truncated
            then greatest(last_values._lineage_ingested_at, lives._truncate_ingested_at)
        else last_values._lineage_ingested_at
    end as _ingested_at
from lives
inner join last_values on lives.{{ key }} = last_values._row_key
where lives._is_last
{%- endmacro %}
