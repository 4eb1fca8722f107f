{#
    CTEs that end in scores, one row a `key`: 100 x Σ(weight x component) ÷ Σ weight over the
    components that are not NULL, Σ weight as confidence, and the costliest components' reasons.

    scored: a CTE with `key` and a column for each of `components`, 0 to 1 or NULL.
    weights: a CTE with component, weight, reason, recommended_action.
#}
{% macro weighted_score(scored, weights, key, components) -%}
{#- A thousandth and less is no reason to name. -#}
{%- set costs_most = 'cost_rank = 1 and cost > 0.001e0' -%}
components as (
    {%- for component in components %}
    select
        {{ key }},
        '{{ component }}' as component,
        {{ component }} as component_score
    from {{ scored }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

weighted_components as (
    select
        components.{{ key }},
        components.component_score,
        weights.weight,
        weights.weight * (1 - components.component_score) as cost,
        weights.reason,
        weights.recommended_action,
        row_number() over (
            partition by components.{{ key }}
            order by weights.weight * (1 - components.component_score) desc, components.component
        ) as cost_rank
    from components
    inner join {{ weights }} as weights on components.component = weights.component
    where components.component_score is not null
),

scores as (
    select
        {{ key }},
        100 * {{ exact_sum('weight * component_score') }} / {{ exact_sum('weight') }} as score,
        {{ exact_sum('weight') }} as confidence,
        max(case when {{ costs_most }} then reason end) as first_reason,
        max(case when {{ costs_most | replace('= 1', '= 2') }} then reason end) as second_reason,
        max(case when {{ costs_most }} then recommended_action end) as recommended_action
    from weighted_components
    group by {{ key }}
)
{%- endmacro %}
