{#
    CTEs that end in lives: each change once, in the life of its key that it is of.

    lives: one row per change that names a key, with
    - _life_no: grows with each delete of the key and each TRUNCATE of the table, and only then;
      a delete belongs to the life that it ends.
    - _is_truncated: right after this change a TRUNCATE ended the row's life; it was committed at
      _truncated_at.
    - _is_last: the key's last change.
    - _key_ingested_at: when the newest of the key's deliveries came into bronze.

    A change delivered again (same _change_id and key) counts once. A TRUNCATE is after all that
    the source placed at or before it, whenever they arrive. Needs the CTE truncates.

    key_updates: one row per primary-key update, the life that it ended (_old_key, _old_life_no)
    and the one that goes on from it (_new_key, _new_life_no).
#}
{% macro cdc_lives(changes, key, columns) -%}
deliveries as (
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
        -- Not a bare `in`: DuckDB would hash the changes, of which it expects few, and not the keys.
        and coalesce({{ key }} in (select touched_keys.{{ key }} from touched_keys), false)
        {%- endif %}
),

changes_and_next_truncate as (
    select
        deliveries.*,
        truncates._truncated_at,
        truncates._truncate_ingested_at,
        coalesce(truncates._truncates_to_come, 0) as _truncates_to_come
    from deliveries
    left join truncates
        on (
            deliveries._sequence_major < truncates._sequence_major
            or (
                deliveries._sequence_major = truncates._sequence_major
                and deliveries._sequence_minor <= truncates._sequence_minor
            )
        )
        and (
            truncates._previous_major is null
            or deliveries._sequence_major > truncates._previous_major
            or (
                deliveries._sequence_major = truncates._previous_major
                and deliveries._sequence_minor > truncates._previous_minor
            )
        )
    where deliveries._delivery_no = 1
),

lives as (
    select
        *,
        lead(_is_delete) over (
            partition by {{ key }}
            order by _sequence_major, _sequence_minor, _sequence_sub, _change_id
        ) is null as _is_last,
        not _is_delete
        and _truncates_to_come > 0
        and coalesce(lead(_truncates_to_come) over (
            partition by {{ key }}
            order by _sequence_major, _sequence_minor, _sequence_sub, _change_id
        ), -1) <> _truncates_to_come as _is_truncated,
        sum(case when _is_delete then 1 else 0 end) over (
            partition by {{ key }}
            order by _sequence_major, _sequence_minor, _sequence_sub, _change_id
            rows between unbounded preceding and current row
        ) - case when _is_delete then 1 else 0 end - _truncates_to_come as _life_no
    from changes_and_next_truncate
)
{%- endmacro %}


{# CTE truncates: when the table was emptied. #}
{% macro cdc_truncates(changes) -%}
-- Counted from the last: what no TRUNCATE follows has none to look for.
truncates as (
    select
        _sequence_major,
        _sequence_minor,
        lag(_sequence_major) over (order by _sequence_major, _sequence_minor) as _previous_major,
        lag(_sequence_minor) over (order by _sequence_major, _sequence_minor) as _previous_minor,
        row_number() over (order by _sequence_major desc, _sequence_minor desc) as _truncates_to_come,
        min(_committed_at) as _truncated_at,
        max(_ingested_at) as _truncate_ingested_at
    from {{ changes }}
    where _op = 'truncate'
        and {{ iot_toolkit.array_is_empty('_errors') }}
    group by _sequence_major, _sequence_minor
)
{%- endmacro %}


{# CTE key_updates, of the CTE lives (see above). #}
{% macro cdc_key_updates(key) -%}
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
)
{%- endmacro %}


{# CTEs with lives, key_updates and truncates; in an increment of touched keys alone, and those. #}
{% macro cdc_shared_lives(changes, key, columns) -%}
    {%- set touched = [] -%}
    {%- if is_incremental() -%}
        {%- do touched.append(shared_ctes(cdc_touched_keys(changes, key), 'touched_keys')) -%}
    {%- endif -%}
    {%- set before = touched + [cdc_truncates(changes)] -%}
    {%- set lives = before + [shared_ctes(cdc_lives(changes, key, columns), 'lives', before)] -%}
    {{ return((lives + [cdc_key_updates(key)]) | join(',\n\n')) }}
{%- endmacro %}
