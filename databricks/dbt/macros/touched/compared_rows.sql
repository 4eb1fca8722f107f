{#
    Predicate for comparing two big tables: the touched rows (see touched_rows), which is what a run
    can have spoilt; or all, when the tables no longer have equally many, so that whatever was lost
    long ago is named too. Both counts are SELECTs of one number.
#}
{% macro compared_rows(left_count, right_count) -%}
    {%- if not may_look_up() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set differences = run_query(
        "select count(*) from (select 1 as one where (" ~ left_count ~ ") <> (" ~ right_count ~ ")) as differences"
    ).columns[0].values()[0] -%}
    {{ return('true' if differences else touched_rows()) }}
{%- endmacro %}


{#
    The same for comparing silver's readings with bronze, whose events can't be counted without a
    look at every key: that look is taken where there is no ledger. Where there is one, all are
    compared when silver had others than when all was last found right before this build touched
    it, or has by now where none did; or bronze others than its ledger.
#}
{% macro compared_with_bronze() -%}
    {%- if not may_look_up() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- if not ledger_relation() -%}
        {{ return(compared_rows(
            "select count(distinct " ~ iot_toolkit.quick_hash('event_id') ~ ") from " ~ bronze_rows('iot_events')
            ~ " where " ~ is_good_row('iot_events'),
            "select count(*) from " ~ ref('stg_iot_events'),
        )) }}
    {%- endif -%}
    {%- set recorded = recorded_touched_since() -%}
    {%- if not recorded or recorded.silver_rows is none -%}
        {{ return('true') }}
    {%- endif -%}
    {%- if recorded.is_settled and recorded.silver_rows != row_count(ref('stg_iot_events')) -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(compared_with_ledger('iot_events')) }}
{%- endmacro %}


{#
    The same predicate; or `false` where it says to compare all, and a look at both tables finds the
    keys of the left one in the right one, each once.
#}
{% macro unless_keys_agree(compared, left, right, key, left_condition='true', distinct=false) -%}
    {%- set agree = compared | trim == 'true' and may_look_up() and iot_toolkit.has_the_keys_of(
        left, right, key, left_condition=left_condition, distinct=distinct
    ) -%}
    {{ return('false' if agree else compared) }}
{%- endmacro %}
