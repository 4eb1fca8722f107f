{#
    Condition of a join: this version of a history is the one in force at an instant. With the
    key's equality beside it, at most one version joins, so no row is doubled:

        left join dim_devices_history as devices
            on events.device_id = devices.device_id
            and in_force_at('devices', 'events.event_at')

    history: alias of the history. instant: expression. before_first: what holds at instants before
    a key's first version began, 'none' or 'first_version' (a history begins with the source's
    snapshot, so the first version known is often older than its valid_from). While a key is
    deleted none is in force.
#}
{% macro in_force_at(history, instant, before_first='none') -%}
    {%- if before_first not in ['none', 'first_version'] -%}
        {{ exceptions.raise_compiler_error(
            "in_force_at: before_first is 'none' or 'first_version', not '" ~ before_first ~ "'"
        ) }}
    {%- endif -%}
    (
        {{ instant }} >= {{ history }}.valid_from
        {{- ' or ' ~ history ~ '.version_no = 1' if before_first == 'first_version' }}
    )
    and ({{ instant }} < {{ history }}.valid_to or {{ history }}.valid_to is null)
{%- endmacro %}
