{#
    Keys of touched rows (see macro touched_rows) that occur more than once in the whole table; of
    a table of readings, where `event_at` names when they were taken, in all that this build can
    have brought together (see macro met_again).

    A hash of the key is grouped first: it is shorter than the key, and nearly always unique.
#}
{% test unique_touched(model, column_name=none, columns=none, event_at=none) %}
{%- set key = (columns or [column_name]) | join(', ') -%}
{%- set key_hash = iot_toolkit.quick_hash(key) -%}
{%- set touched = touched_rows() -%}
{%- set is_touched = 'true' if touched == 'true'
    else key_hash ~ ' in (select ' ~ key_hash ~ ' from ' ~ model ~ ' where ' ~ touched ~ ')' -%}
{%- if event_at and touched != 'true' -%}
    {%- set oldest_touched = '(select min(' ~ event_at ~ ') from ' ~ model ~ ' where ' ~ touched ~ ')' -%}
    {%- set is_touched = is_touched ~ ' and ' ~ met_again(event_at, oldest_touched) -%}
{%- endif %}
with repeated_hashes as (
    select {{ key_hash }} as key_hash
    from {{ model }}
    where {{ is_touched }}
    group by {{ key_hash }}
    having count(*) > 1
)

select
    {{ key }},
    count(*) as row_count
from {{ model }}
where {{ key_hash }} in (select repeated_hashes.key_hash from repeated_hashes)
group by {{ key }}
having count(*) > 1
{% endtest %}
