{# 1 without alerts, 0 at the limit of severity points per device and day. For agg_customer_summary. #}
{% macro alert_calm() -%}
    1 - {{ share(
        '(coalesce(alert_burden.alert_points, 0) / customer_windows.device_days)',
        'scorecard_limits.scorecard_alert_points_per_device_day'
    ) }}
{%- endmacro %}
