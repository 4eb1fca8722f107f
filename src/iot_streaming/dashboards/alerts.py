"""Questions in, databricks/resources/alerts.yml out.

An alert has no schema of its own, so its tables get their full names, whose catalog and prefix the
bundle fills in for each target.
"""

import re
from dataclasses import dataclass
from textwrap import indent

from iot_streaming.questions import question, uncommented

# In a question each begins a line; `extract(day from …)` does not.
_ASKED = re.compile(r"^( *(?:(?:left|inner|cross) )?(?:from|join)) ([a-z_]+)", re.MULTILINE)
_OWN = re.compile(r"\b([a-z_]+) as \(\n")

_HEAD = """\
# What Databricks SQL warns of, asked of the same questions as the dashboards. Made by
# `make dashboards`: change src/iot_streaming/dashboards/alerts.py or the question.
resources:
  alerts:
"""


@dataclass(frozen=True)
class Alert:
    """Told when the column of the question's first row is as `condition` says.

    `threshold` is the YAML of the value. Without any row it is told as well: then nobody knows.
    """

    name: str
    title: str
    summary: str
    question: str
    column: str
    operator: str
    threshold: str

    def to_yml(self) -> str:
        """Its part of alerts.yml."""
        query = indent(_named(self.question), 8 * " ")
        return f"""\
    {self.name}:
      display_name: "[${{bundle.target}}] {self.title}"
      custom_summary: "[${{bundle.target}}] {self.summary}"
      warehouse_id: ${{var.warehouse_id}}
      schedule:
        quartz_cron_schedule: ${{var.alert_schedule}}
        timezone_id: UTC
        pause_status: ${{var.pause_status}}
      evaluation:
        source:
          name: {self.column}
        comparison_operator: {self.operator}
        threshold:
          value:
            {self.threshold}
        empty_result_state: TRIGGERED
        notification:
          notify_on_ok: true
          subscriptions:
            - user_email: ${{var.notification_email}}
      query_text: |
{query}
"""


ALERTS = (
    Alert(
        "open_critical_alerts",
        "Critical alerts are open",
        "{{QUERY_RESULT_VALUE}} critical alerts are open",
        "alert_totals",
        "open_critical_alerts",
        "GREATER_THAN",
        "double_value: 0",
    ),
    Alert(
        "stale_sources",
        "A source is stale",
        "A source is stale or its freshness could not be asked",
        "source_freshness",
        "status",
        "NOT_EQUAL",
        "string_value: pass",
    ),
    Alert(
        "red_verdict",
        "Checks failed",
        "Checks of the newest run failed",
        "last_checks",
        "verdict",
        "EQUAL",
        "string_value: red",
    ),
)


def alerts_yml() -> str:
    """The whole file."""
    return _HEAD + "\n".join(alert.to_yml() for alert in ALERTS)


def _named(name: str) -> str:
    asked = question(name)
    text = uncommented(asked.sql).strip()
    own = set(_OWN.findall(text))
    schema = f"${{var.catalog}}.${{var.schema_prefix}}_{asked.layer}"
    return _ASKED.sub(
        lambda found: found[0] if found[2] in own else f"{found[1]} {schema}.{found[2]}",
        text,
    )
