{#
    A select of one row per key ever seen: the key's last known values, _is_deleted,
    _committed_at (of its last change) and _ingested_at (newest of all that it rests on).

    The state of a key is a function of the set of its changes, whatever order they arrive in and
    however often: each touched key is recomputed from all its bronze changes, placed in the
    source's commit order.

    - A change delivered again (same _change_id and key) counts once.
    - All at or before the table's last TRUNCATE is void: keys without later changes are deleted.
    - A key's life ends at its delete. A primary-key update is a delete of the old key and an
      upsert of the new one in one change: the new key's life continues the old key's.
    - A value that the source did not send (_unavailable_columns: unchanged TOAST) is the newest
      sent one of the row's life, through a chain of key updates (see cdc_lineages).

    changes: the bronze relation. key: its key column. columns: the other columns to keep.
#}
{% macro cdc_current_state(changes, key, columns) -%}
with {{ 'recursive ' if cdc_key_update_hops() is none }}{% if is_incremental() %}new_changes as (
    select
        {{ key }},
        _op
    from {{ changes }}
    where {{ iot_toolkit.array_is_empty('_errors') }}
        and {{ ingested_after() }}
),

{{ cdc_touched_keys(changes, key) }},

{% endif %}deliveries as (
    select
        {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        _op = 'delete' as _is_delete,
        _change_id,
        {{ cdc_change_group('_change_id') }} as _change_group,
        _sequence_major,
        _sequence_minor,
        _sequence_sub,
        _committed_at,
        _unavailable_columns,
        max(_ingested_at) over (partition by {{ key }}) as _key_ingested_at,
        row_number() over (
            partition by {{ key }}, {{ cdc_change_identity() }}
            order by
                _sequence_major desc nulls last,
                _sequence_minor desc nulls last,
                _sequence_sub desc nulls last
        ) as _delivery_no
    from {{ changes }}
    where _op in ('upsert', 'delete')
        and {{ iot_toolkit.array_is_empty('_errors') }}
        {%- if is_incremental() %}
        and {{ key }} in (select touched_keys.{{ key }} from touched_keys)
        {%- endif %}
),

truncates as (
    select
        _sequence_major,
        _sequence_minor,
        _committed_at,
        _ingested_at,
        row_number() over (
            order by
                _sequence_major desc nulls last,
                _sequence_minor desc nulls last,
                _ingested_at desc nulls last
        ) as _truncate_no
    from {{ changes }}
    where _op = 'truncate'
        and {{ iot_toolkit.array_is_empty('_errors') }}
),

changes_and_truncate as (
    select
        deliveries.*,
        truncates._committed_at as _truncated_at,
        truncates._ingested_at as _truncate_ingested_at,
        coalesce(
            deliveries._sequence_major < truncates._sequence_major
            or (
                deliveries._sequence_major = truncates._sequence_major
                and deliveries._sequence_minor <= truncates._sequence_minor
            ),
            false
        ) as _is_void
    from deliveries
    left join truncates on truncates._truncate_no = 1
    where deliveries._delivery_no = 1
),

voided as (
    select
        *,
        min(case when _is_void then 1 else 0 end) over (partition by {{ key }}) = 1 as _is_truncated
    from changes_and_truncate
),

lives as (
    select
        *,
        row_number() over (
            partition by {{ key }}
            order by _sequence_major desc, _sequence_minor desc, _sequence_sub desc, _change_id desc
        ) as _changes_from_last,
        sum(case when _is_delete then 1 else 0 end) over (
            partition by {{ key }}
            order by _sequence_major, _sequence_minor, _sequence_sub, _change_id
            rows between unbounded preceding and current row
        ) - case when _is_delete then 1 else 0 end as _life_no
    from voided
    where not _is_void or _is_truncated
),

key_updates as (
    select
        upserts.{{ key }} as _new_key,
        upserts._life_no as _new_life_no,
        deletes.{{ key }} as _old_key,
        deletes._life_no as _old_life_no
    from lives as upserts
    inner join lives as deletes
        on upserts._change_group = deletes._change_group
        and upserts.{{ key }} <> deletes.{{ key }}
    where deletes._is_delete
        and not upserts._is_delete
),

{{ cdc_lineages(key) }},

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
        when lives._is_truncated and not lives._is_delete then lives._truncated_at
        else lives._committed_at
    end as _committed_at,
    case
        when lives._is_truncated and not lives._is_delete
            then greatest(last_values._lineage_ingested_at, lives._truncate_ingested_at)
        else last_values._lineage_ingested_at
    end as _ingested_at
from lives
inner join last_values on lives.{{ key }} = last_values._row_key
where lives._changes_from_last = 1
{%- endmacro %}
