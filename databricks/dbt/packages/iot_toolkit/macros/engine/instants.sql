{# Instants are timestamps with time zone on DuckDB and timestamps on Spark; both in UTC. #}

{# The type that holds an instant. #}
{% macro instant_type() -%}
    {{ return(adapter.dispatch('instant_type', 'iot_toolkit')()) }}
{%- endmacro %}

{% macro default__instant_type() -%} timestamp {%- endmacro %}

{% macro duckdb__instant_type() -%} timestamptz {%- endmacro %}


{# An instant written in UTC: instant('2026-01-05 00:00:00'). #}
{% macro instant(text) -%}
    cast('{{ text }}+00:00' as {{ iot_toolkit.instant_type() }})
{%- endmacro %}


{# Microseconds since 1970, a bigint. #}
{% macro epoch_micros(instant) -%}
    {{ return(adapter.dispatch('epoch_micros', 'iot_toolkit')(instant)) }}
{%- endmacro %}

{% macro default__epoch_micros(instant) -%} unix_micros({{ instant }}) {%- endmacro %}

{% macro duckdb__epoch_micros(instant) -%} epoch_us({{ instant }}) {%- endmacro %}


{# The instant of so many microseconds since 1970. #}
{% macro instant_of_epoch_micros(micros) -%}
    {{ return(adapter.dispatch('instant_of_epoch_micros', 'iot_toolkit')(micros)) }}
{%- endmacro %}

{% macro default__instant_of_epoch_micros(micros) -%} timestamp_micros({{ micros }}) {%- endmacro %}

{% macro duckdb__instant_of_epoch_micros(micros) -%} make_timestamptz({{ micros }}) {%- endmacro %}


{# Seconds from one instant to a later one, a double with microseconds. #}
{% macro seconds_between(start, end) -%}
    (({{ iot_toolkit.epoch_micros(end) }} - {{ iot_toolkit.epoch_micros(start) }}) / 1000000.0e0)
{%- endmacro %}


{# The UTC calendar date of an instant. #}
{% macro utc_date(instant) -%}
    {{ return(adapter.dispatch('utc_date', 'iot_toolkit')(instant)) }}
{%- endmacro %}

{% macro default__utc_date(instant) -%} cast({{ instant }} as date) {%- endmacro %}

{# Casting a timestamptz goes through ICU's calendar: 15 times slower, same result in UTC. #}
{% macro duckdb__utc_date(instant) -%}
    cast(make_timestamp(epoch_us({{ instant }})) as date)
{%- endmacro %}


{# The instant at which the UTC hour began. #}
{% macro utc_hour(instant) -%}
    {{ return(adapter.dispatch('utc_hour', 'iot_toolkit')(instant)) }}
{%- endmacro %}

{% macro default__utc_hour(instant) -%} date_trunc('hour', {{ instant }}) {%- endmacro %}

{# As utc_date: without ICU. floor, not //, so that instants before 1970 go down too. #}
{% macro duckdb__utc_hour(instant) -%}
    make_timestamptz(cast(floor(epoch_us({{ instant }}) / 3600000000) as bigint) * 3600000000)
{%- endmacro %}
