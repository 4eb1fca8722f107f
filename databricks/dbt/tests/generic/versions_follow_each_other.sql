{#
    Versions of a history (see macro cdc_history) that last no time, reach into the next one, are
    misnumbered, or are current though not the last.
#}
{% test versions_follow_each_other(model, key) %}
with versions as (
    select
        {{ key }},
        version_no,
        valid_from,
        valid_to,
        is_current,
        row_number() over (partition by {{ key }} order by valid_from) as place,
        lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
    from {{ model }}
)

select *
from versions
where valid_to <= valid_from
    or next_valid_from < valid_to
    or (valid_to is null and next_valid_from is not null)
    or is_current <> (valid_to is null)
    or version_no <> place
{% endtest %}
