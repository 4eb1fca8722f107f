{#
    CTEs that end in touched_keys: whose state may be another than when this model last ran.

    The keys of the new changes; all keys when a TRUNCATE is among them; and when one of them
    took part in a primary-key update, all keys that ever did: rare in practice, so it is cheaper
    to recompute them than to follow each chain. In a backfill the changes of its days count as
    new, and keys that changed since: a change that bronze has no more can have been theirs.
#}
{% macro cdc_touched_keys(changes, key) -%}
{%- set backfilled = backfill_of_changes() -%}
new_changes as (
    select
        {{ key }},
        _op
    from {{ changes }}
    where {{ iot_toolkit.array_is_empty('_errors') }}
        and (
            {{ ingested_after() }}
            {%- if backfilled %}
            or {{ is_backfilled_instant('_committed_at', backfilled) }}
            {%- endif %}
        )
),

key_updates_ever as (
    select
        deletes.{{ key }} as _old_key,
        upserts.{{ key }} as _new_key
    from {{ changes }} as deletes
    inner join {{ changes }} as upserts
        on {{ cdc_change_group('deletes._change_id') }} = {{ cdc_change_group('upserts._change_id') }}
        and deletes.{{ key }} <> upserts.{{ key }}
    where deletes._op = 'delete'
        and upserts._op = 'upsert'
),

updated_keys as (
    select _old_key as {{ key }}
    from key_updates_ever
    union
    select _new_key as {{ key }}
    from key_updates_ever
),

touched_keys as (
    select {{ key }}
    from new_changes
    where _op in ('upsert', 'delete')
    union
    select {{ key }}
    from updated_keys
    where exists (
        select 1
        from new_changes
        inner join updated_keys as newly_touched
            on new_changes.{{ key }} = newly_touched.{{ key }}
    )
    union
    select {{ key }}
    from {{ changes }}
    where _op in ('upsert', 'delete')
        and exists (select 1 from new_changes where _op = 'truncate')
    {%- if backfilled %}
    union
    {{ keys_changed_since(key, backfilled) }}
    {%- endif %}
)
{%- endmacro %}


{#
    What the delete and the upsert of one primary-key update share: txId:lsn of txId:lsn:op.
    Only a delete's group says anything: all rows of a COPY share one too.
#}
{% macro cdc_change_group(change_id) -%}
    substring({{ change_id }}, 1, length({{ change_id }}) - 2)
{%- endmacro %}


{# What a redelivery repeats; without _change_id, the place in the source's order. #}
{% macro cdc_change_identity() -%}
    coalesce(
        _change_id,
        cast(_sequence_major as string)
        || ':' || cast(_sequence_minor as string)
        || ':' || cast(_sequence_sub as string)
    )
{%- endmacro %}
