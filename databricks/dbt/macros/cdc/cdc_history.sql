{#
    A select of one row per key and version, each from valid_from (inclusive) to valid_to
    (exclusive, NULL while it is current), with version_no (1 is the key's first) and _ingested_at
    (newest of all that the key's versions rest on).

    A key's state at an instant is what the source had after all it committed until then; a
    version is the longest time that a state lasted. So the last change of a commit instant wins,
    a change that leaves all `columns` as they were makes no version, and a delete or TRUNCATE
    closes the last one. A primary-key update closes the old key's and opens the new key's.

    Changes are placed in the source's commit order and read as in cdc_current_state (deliveries,
    lives, values that were not sent). Commit times are the source's clock: where it steps back, a
    change counts as committed when the key's latest one before it was. A change without a commit
    time does so too; with none before it, it is at history_begins_at.

    A key whose versions all turned out to last no time, by changes that came late, has lost its
    rows: an increment has one row of it with valid_from NULL, for the model to delete after
    (see forget_keys_without_versions).

    changes: the bronze relation. key: its key column. columns: the other columns to keep.
#}
{% macro cdc_history(changes, key, columns) -%}
{%- set in_order = 'partition by ' ~ key
    ~ ' order by _sequence_major, _sequence_minor, _is_truncate, _sequence_sub, _change_id' -%}
{%- set kept_columns = [key] + columns -%}
{%- set lives = cdc_shared_lives(changes, key, columns) -%}
{%- set hops = cdc_key_update_hops(lives) -%}
with {{ 'recursive ' if hops is none }}{{ lives }},

{{ cdc_sent_values(key, columns, lives, hops) }},

timeline as (
    select
        {{ kept_columns | join(',\n        ') }},
        _is_delete as _is_end,
        _sequence_major,
        _sequence_minor,
        false as _is_truncate,
        _sequence_sub,
        _change_id,
        coalesce(_committed_at, {{ history_begins_at() }}) as _committed_at,
        _ingested_at
    from sent_values
    union all
    select
        lives.{{ key }},
        {%- for column in columns %}
        null as {{ column }},
        {%- endfor %}
        true as _is_end,
        truncates._sequence_major,
        truncates._sequence_minor,
        true as _is_truncate,
        0 as _sequence_sub,
        cast(null as string) as _change_id,
        coalesce(truncates._truncated_at, {{ history_begins_at() }}) as _committed_at,
        truncates._truncate_ingested_at as _ingested_at
    from lives
    inner join truncates on lives._truncates_to_come = truncates._truncates_to_come
    where lives._is_truncated
),

placed_in_time as (
    select
        {{ kept_columns | join(',\n        ') }},
        _is_end,
        max(_committed_at) over ({{ in_order }} rows between unbounded preceding and current row) as _valid_from,
        lead(_committed_at) over ({{ in_order }}) as _next_committed_at,
        max(_ingested_at) over (
            {{ in_order }} rows between unbounded preceding and unbounded following
        ) as _ingested_at
    from timeline
),

instants as (
    select
        *,
        coalesce(lag(_is_end) over (partition by {{ key }} order by _valid_from), true) as _is_beginning,
        {%- for column in columns %}
        {{ 'and ' if not loop.first }}lag({{ column }}) over (partition by {{ key }} order by _valid_from) is not distinct from {{ column }}
        {%- endfor %} as _is_as_before
    from placed_in_time
    where _next_committed_at is null
        or _next_committed_at > _valid_from
),

turns as (
    select
        {{ kept_columns | join(',\n        ') }},
        _is_end,
        _valid_from as valid_from,
        lead(_valid_from) over (partition by {{ key }} order by _valid_from) as valid_to,
        cast(sum(case when _is_end then 0 else 1 end) over (
            partition by {{ key }}
            order by _valid_from
            rows between unbounded preceding and current row
        ) as bigint) as version_no,
        _ingested_at
    from instants
    where case when _is_end then not _is_beginning else _is_beginning or not _is_as_before end
),

history as (
    select
        {{ kept_columns | join(',\n        ') }},
        valid_from,
        valid_to,
        valid_to is null as is_current,
        version_no,
        _ingested_at
    from turns
    where not _is_end
)

select * from history
{%- if is_incremental() %}
union all
select
    touched_keys.{{ key }},
    {%- for column in columns %}
    null as {{ column }},
    {%- endfor %}
    null as valid_from,
    null as valid_to,
    null as is_current,
    null as version_no,
    null as _ingested_at
from touched_keys
where not exists (select 1 from history where history.{{ key }} = touched_keys.{{ key }})
{%- endif %}
{%- endmacro %}


{# The instant before all that is known: from when the unknown member is valid. #}
{% macro history_begins_at() -%}
    {{ iot_toolkit.instant('1900-01-01 00:00:00') }}
{%- endmacro %}


{# Post-hook of a history: delete the rows that stand for keys without a version. #}
{% macro forget_keys_without_versions() -%}
    delete from {{ this }} where valid_from is null
{%- endmacro %}
