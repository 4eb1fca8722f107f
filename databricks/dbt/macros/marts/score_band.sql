{# The band of the seed score_bands that a score falls into: the one with the highest min_score
   at or under it. NULL without a score. For alias `bands` joined by join_score_band(). #}
{% macro score_bands(score) -%}
    select
        band,
        min_score,
        lead(min_score) over (order by min_score) as next_min_score
    from {{ ref('score_bands') }}
    where score = '{{ score }}'
{%- endmacro %}

{% macro join_score_band(score_column) -%}
    left join bands
        on {{ score_column }} >= bands.min_score
        and ({{ score_column }} < bands.next_min_score or bands.next_min_score is null)
{%- endmacro %}
