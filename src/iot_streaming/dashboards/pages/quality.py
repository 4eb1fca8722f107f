"""Whether to trust it: checks, freshness, error budgets. What runs record besides stays behind.

Of the quality tables that runs fill, a workspace has check_results only.
"""

from iot_streaming.dashboards.datasets import Dataset
from iot_streaming.dashboards.layout import Page
from iot_streaming.dashboards.widgets import SHARE, Axis, chart, counter, select, table, text

DATASETS = (
    Dataset("last_checks", "The newest run of each job"),
    Dataset("open_checks", "Checks that did not pass"),
    Dataset("check_history", "Checks by run"),
    Dataset("check_trend", "One check over time", chosen=("check_name",)),
    Dataset("source_freshness", "Freshness of sources"),
    Dataset("budgets", "Error budgets"),
    Dataset("budget_days", "Objectives by day", {"objective": ""}),
)

PAGE = Page(
    "quality",
    "Quality",
    (
        (text("about", "# Quality", "The newest run of each job that checks, the worst first."),),
        (
            counter("last_checks", "failed_checks", "Failed", over="sum"),
            counter("last_checks", "warned_checks", "Warned", over="sum"),
            counter("last_checks", "checks", "Checks", over="sum"),
            counter("budgets", "budget_left", "Least budget left", SHARE, over="min"),
            counter("source_freshness", "limit_used", "Stalest, of its limit", SHARE, over="max"),
        ),
        (
            table(
                "last_checks",
                "Verdicts",
                {
                    "job": "Job",
                    "verdict": "Verdict",
                    "checks": "Checks",
                    "failed_checks": "Failed",
                    "warned_checks": "Warned",
                    "skipped_checks": "Skipped",
                    "checked_at": "Checked",
                },
                height=3,
            ),
        ),
        (
            table(
                "open_checks",
                "Did not pass",
                {
                    "status": "Status",
                    "check_name": "Check",
                    "layer": "Layer",
                    "table_name": "Table",
                    "rows_failing": "Rows",
                    "value": "Value",
                    "limit_value": "Limit",
                    "message": "What dbt said",
                    "sample": "Such as",
                },
            ),
        ),
        (
            table(
                "source_freshness",
                "Sources, the stalest first",
                {
                    "source": "Source",
                    "status": "Status",
                    "age_seconds": "Age (s)",
                    "limit_seconds": "Limit (s)",
                    "limit_used": "Of its limit",
                    "checked_at": "Checked",
                },
                width=3,
            ),
            chart(
                "bar",
                "budgets",
                "Error budget left",
                Axis("budget_left", "Left of the budget", format=SHARE),
                Axis("objective", "Objective", "categorical"),
            ),
        ),
        (
            chart(
                "line",
                "budget_days",
                "Objectives by day",
                Axis("day", "Day (UTC)", "temporal"),
                Axis("sli", "Good of valid", format=SHARE),
                ("objective", {}),
            ),
            chart(
                "bar",
                "check_history",
                "Checks that did not pass, by run",
                Axis("checked_at", "Run (UTC)", "temporal"),
                (Axis("failed_checks", "Failed"), Axis("warned_checks", "Warned")),
            ),
        ),
        (select("open_checks", "check_name", "Check", [("check_trend", "check_name")]),),
        (
            chart(
                "line",
                "check_trend",
                "Value and limit of one check",
                Axis("checked_at", "Checked (UTC)", "temporal"),
                (Axis("value", "Value"), Axis("limit_value", "Limit")),
                width=6,
            ),
        ),
    ),
)
