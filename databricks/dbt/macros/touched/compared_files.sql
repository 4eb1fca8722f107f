{#
    What of the ledger and of bronze to compare: touched files, and all of a source's where its
    ledger has not as many lines as its bronze table has rows (see compared_rows).

    {ledger: predicate on ledger, bronze: {source name: predicate on its table}}; nothing of either
    without a ledger.
#}
{% macro compared_files() -%}
    {%- if not ledger_relation() -%}
        {{ return({'ledger': 'false', 'bronze': {}}) }}
    {%- endif -%}
    {%- set of_ledger, of_bronze = [], {} -%}
    {%- for name in bronze_keys() -%}
        {%- set compared = compared_with_ledger(name) -%}
        {%- do of_bronze.update({name: compared}) -%}
        {%- do of_ledger.append(
            ledger_has_ingested(name) ~ " and " ~ compared | replace('_ingested_at', 'ingested_at')
        ) -%}
    {%- endfor -%}
    {{ return({'ledger': of_ledger | join(' or '), 'bronze': of_bronze}) }}
{%- endmacro %}


{# Predicate on a bronze table: touched rows, or all where the ledger has not as many lines. #}
{% macro compared_with_ledger(name) -%}
    {{ return(compared_rows(
        "select coalesce(sum(lines), 0) from " ~ ledger_relation() ~ " where " ~ ledger_has_ingested(name),
        "select count(*) from " ~ source('bronze', name),
    )) }}
{%- endmacro %}


{# Predicate on the ledger: this file of the source is in bronze. #}
{% macro ledger_has_ingested(name) -%}
    {{ return("source = '" ~ name ~ "' and status = 'ingested'") }}
{%- endmacro %}


{# None where there is no ledger, or nothing may be looked up. #}
{% macro ledger_relation() -%}
    {{ return(adapter.get_relation(catalog(), target.schema ~ '_quality', 'ledger') if may_look_up() else none) }}
{%- endmacro %}
