{# A date some days later; a date again (date + interval is a timestamp on DuckDB). #}
{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days', 'iot_toolkit')(date, days)) }}
{%- endmacro %}

{# Spark takes no double for days, and limits of the seeds are doubles. #}
{% macro default__add_days(date, days) -%}
    date_add({{ date }}, cast({{ days }} as integer))
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}


{# Whole days from one date to a later one. #}
{% macro days_between(start, end) -%}
    {{ return(adapter.dispatch('days_between', 'iot_toolkit')(start, end)) }}
{%- endmacro %}

{% macro default__days_between(start, end) -%} datediff({{ end }}, {{ start }}) {%- endmacro %}

{% macro duckdb__days_between(start, end) -%} date_diff('day', {{ start }}, {{ end }}) {%- endmacro %}


{# 1 = Monday … 7 = Sunday. #}
{% macro iso_day_of_week(date) -%}
    {{ return(adapter.dispatch('iso_day_of_week', 'iot_toolkit')(date)) }}
{%- endmacro %}

{% macro default__iso_day_of_week(date) -%} (weekday({{ date }}) + 1) {%- endmacro %}

{% macro duckdb__iso_day_of_week(date) -%} isodow({{ date }}) {%- endmacro %}


{# Week of the ISO year, 1 to 53. #}
{% macro iso_week(date) -%}
    cast(extract(week from {{ date }}) as integer)
{%- endmacro %}


{# The year that the ISO week belongs to. #}
{% macro iso_year(date) -%}
    {{ return(adapter.dispatch('iso_year', 'iot_toolkit')(date)) }}
{%- endmacro %}

{% macro default__iso_year(date) -%} extract(yearofweek from {{ date }}) {%- endmacro %}

{% macro duckdb__iso_year(date) -%} isoyear({{ date }}) {%- endmacro %}


{# The English names of weekday and month. #}
{% macro day_name(date) -%}
    {{ return(adapter.dispatch('day_name', 'iot_toolkit')(date)) }}
{%- endmacro %}

{% macro default__day_name(date) -%} date_format({{ date }}, 'EEEE') {%- endmacro %}

{% macro duckdb__day_name(date) -%} dayname({{ date }}) {%- endmacro %}

{% macro month_name(date) -%}
    {{ return(adapter.dispatch('month_name', 'iot_toolkit')(date)) }}
{%- endmacro %}

{% macro default__month_name(date) -%} date_format({{ date }}, 'MMMM') {%- endmacro %}

{% macro duckdb__month_name(date) -%} monthname({{ date }}) {%- endmacro %}


{# 20260105. #}
{% macro date_key(date) -%}
    (year({{ date }}) * 10000 + month({{ date }}) * 100 + day({{ date }}))
{%- endmacro %}


{# A select of one row per day, both ends included, column date_day. Ends are date expressions. #}
{% macro days_from_to(first, last) -%}
    {{ return(adapter.dispatch('days_from_to', 'iot_toolkit')(first, last)) }}
{%- endmacro %}

{% macro default__days_from_to(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}

{% macro duckdb__days_from_to(first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as date_day
{%- endmacro %}
