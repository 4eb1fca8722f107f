{#
    Keys whose current version in a history is not their row in the current state, in any of
    `columns`; or that have the one and, deleted rows aside, not the other.
#}
{% test current_versions_are_the_current_state(model, current_state, key, columns) %}
{%- set compared = key ~ ', ' ~ columns | join(', ') -%}
with current_versions as (
    select {{ compared }}
    from {{ model }}
    where is_current
        and {{ key }} is not null
),

current_rows as (
    select {{ compared }}
    from {{ current_state }}
    where not _is_deleted
),

only_in_history as (
    select * from current_versions
    except
    select * from current_rows
),

only_in_state as (
    select * from current_rows
    except
    select * from current_versions
)

select
    'not the current state' as problem,
    only_in_history.*
from only_in_history
union all
select
    'no current version' as problem,
    only_in_state.*
from only_in_state
{% endtest %}
