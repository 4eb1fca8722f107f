{#
    The variable `objectives`, each with all its fields: objective, kind, source, device_class,
    within_minutes, target, window_days. A mistake in it stops dbt and is named.
#}
{% macro objectives() -%}
    {%- set found = [] -%}
    {%- for declared in var('objectives') -%}
        {%- set each = {
            'device_class': none, 'within_minutes': none, 'window_days': var('objective_window_days', 30),
        } -%}
        {%- do each.update(declared) -%}
        {%- do refuse_objective(each, found | map(attribute='objective') | list) -%}
        {%- do found.append(each) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# A compiler error when the objective says what can't be kept count of. Names become SQL texts. #}
{% macro refuse_objective(each, names_before) -%}
    {%- set known = ['objective', 'kind', 'source', 'device_class', 'within_minutes', 'target', 'window_days'] -%}
    {%- set problems = [] -%}
    {%- for field in each if field not in known -%}
        {%- do problems.append('unknown field ' ~ field ~ '; known: ' ~ known | join(', ')) -%}
    {%- endfor -%}
    {%- for field in ['objective', 'source', 'device_class'] -%}
        {%- set value = each[field] -%}
        {%- if not (field == 'device_class' and value is none)
            and not modules.re.fullmatch('[A-Za-z0-9_ .-]+', value | string) -%}
            {%- do problems.append(field ~ ' is ' ~ value ~ '; write letters, digits, blanks and any of _ . -') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if each.objective in names_before -%}
        {%- do problems.append('it is declared twice') -%}
    {%- endif -%}
    {%- if each.kind not in ['freshness', 'completeness'] -%}
        {%- do problems.append('kind is ' ~ each.kind ~ '; known: freshness, completeness') -%}
    {%- endif -%}
    {%- if each.source not in bronze_keys() | list -%}
        {%- do problems.append('unknown source ' ~ each.source) -%}
    {%- endif -%}
    {%- if each.source != 'iot_events' and (each.kind == 'completeness' or each.device_class is not none) -%}
        {%- do problems.append('only iot_events has expected readings and device classes') -%}
    {%- endif -%}
    {%- if each.kind == 'freshness' and (each.within_minutes is not integer or each.within_minutes < 1) -%}
        {%- do problems.append('freshness needs within_minutes, a whole number from 1') -%}
    {%- endif -%}
    {%- if each.target is not number or each.target <= 0 or each.target >= 1 -%}
        {%- do problems.append('target is ' ~ each.target ~ '; it lies between 0 and 1: at 1 no budget is left to spend') -%}
    {%- endif -%}
    {%- if each.window_days is not integer or each.window_days < 1 -%}
        {%- do problems.append('window_days is ' ~ each.window_days ~ '; a whole number from 1') -%}
    {%- endif -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            'objective ' ~ each.objective ~ ' in dbt_project.yml: ' ~ problems | join('; ')
        ) -%}
    {%- endif -%}
{%- endmacro %}


{# A select of the objectives, one row each. #}
{% macro objectives_declared() -%}
    {%- for each in objectives() %}
    select
        '{{ each.objective }}' as objective,
        '{{ each.kind }}' as kind,
        '{{ each.source }}' as source,
        {{ "'" ~ each.device_class ~ "'" if each.device_class is not none else 'cast(null as string)' }} as device_class,
        {{ each.within_minutes if each.within_minutes is not none else 'cast(null as integer)' }} as within_minutes,
        cast({{ each.target }} as double) as target,
        {{ each.window_days }} as window_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The times, each once, that freshness is held to, of readings or of changes: [{source, within_minutes}]. #}
{% macro freshness_limits(of_changes) -%}
    {%- set found = [] -%}
    {%- for each in objectives() if each.kind == 'freshness' and (each.source != 'iot_events') == of_changes -%}
        {%- set limit = {'source': each.source, 'within_minutes': each.within_minutes} -%}
        {%- if limit not in found -%}
            {%- do found.append(limit) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# A select of the times that freshness of readings is held to. #}
{% macro reading_limits_declared() -%}
    {%- for limit in freshness_limits(of_changes=false) %}
    select {{ limit.within_minutes }} as within_minutes
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as integer) as within_minutes
    where false
    {%- endfor %}
{%- endmacro %}


{# Does reading_arrival_days hold counts for just the times that are declared now? #}
{% macro counts_declared_limits() -%}
    {%- if not may_look_up() -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set others -%}
        select within_minutes
        from (
            select within_minutes from {{ this }}
            except
            select within_minutes from ({{ reading_limits_declared() }}) as declared
        ) as no_more
        union all
        select within_minutes
        from (
            select within_minutes from ({{ reading_limits_declared() }}) as declared
            except
            select within_minutes from {{ this }}
        ) as not_yet
    {%- endset -%}
    {{ return(run_query("select count(*) from (" ~ others ~ ") as others").columns[0].values()[0] == 0) }}
{%- endmacro %}


{# Pre-hook of reading_arrival_days: forget all of it, when other times are declared than it counts. #}
{% macro forget_undeclared_limits() -%}
    {%- if execute and is_incremental() and not counts_declared_limits() -%}
        delete from {{ this }}
    {%- endif -%}
{%- endmacro %}
