{#
    Versions of a history that end where neither the next one begins nor the source deleted the row
    or emptied the table: gaps in which the key lived. Where the source's clock stepped back, a
    version ends later than the delete says. `changes` names the bronze table.
#}
{% test versions_end_with_a_successor_or_a_delete(model, changes, key) %}
with versions as (
    select
        {{ key }},
        valid_from,
        valid_to,
        lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
    from {{ model }}
),

ends as (
    select distinct
        {{ key }},
        _committed_at
    from {{ bronze_rows(changes) }}
    where _op in ('delete', 'truncate')
        and {{ iot_toolkit.array_is_empty('_errors') }}
)

select versions.*
from versions
where versions.valid_to is not null
    and versions.valid_to is distinct from versions.next_valid_from
    and not exists (
        select 1
        from ends
        where ends.{{ key }} = versions.{{ key }}
            and ends._committed_at <= versions.valid_to
    )
    and not exists (
        select 1
        from ends
        where ends.{{ key }} is null
            and ends._committed_at <= versions.valid_to
    )
{% endtest %}
