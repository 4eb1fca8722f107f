"""Whether to trust it: verdict, where every line went, what was kept back, budgets, checks."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from iot_streaming.serve import drawing
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.pages.page import Page
from iot_streaming.serve.wanted import Wanted

RUNS = 60
_EVENTS = "iot_events"
_SAMPLE_ROWS, _SAMPLE_COLUMNS = 10, 12


def collect(asking: Asking, wanted: Wanted) -> dict[str, Any]:
    """The newest state of what runs found out about the data."""
    flow = asking.one("ledger_flow")
    checks = asking.all("open_checks")
    last_checks = asking.all("last_checks")
    history = asking.all("check_history")[:RUNS][::-1]
    days: dict[str, list[dict[str, Any]]] = {}
    for day in asking.all("budget_days"):
        days.setdefault(day["objective"], []).append(day)
    return {
        "run": asking.one("newest_runs", most=1),
        "verdict": verdict(last_checks),
        "last_checks": last_checks,
        "flow": flow,
        "ways": way(flow) if flow and flow["landed"] else None,
        "sources": asking.all("ledger_sources"),
        "rejected": asking.all("rejected_files")[:20],
        "rules": asking.all("broken_rules"),
        "budgets": asking.all("budgets"),
        "budget_days": days,
        "checks": [{**check, "rows": sample_of(check["sample"])} for check in checks],
        "freshness": asking.all("source_freshness"),
        "history": history,
        "history_chart": ended(history),
    }


def verdict(jobs: Sequence[Mapping[str, Any]]) -> str:
    """Of all jobs that check: failed, attention or passed; none where nothing checked."""
    found = {job["verdict"] for job in jobs}
    if not found:
        return "none"
    return "failed" if "red" in found else "attention" if "yellow" in found else "passed"


def way(flow: Mapping[str, Any]) -> list[drawing.Shape]:
    """The picture of where the event lines went."""
    counts = [
        int(flow[name] or 0) for name in ("landed", "good", "quarantined", "silver", "duplicates")
    ]
    return drawing.flow(*counts)


def ended(history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Checks that did not pass, run by run: by number, for runs keep no regular time."""
    rows = [
        {
            "number": number,
            "bad": int(run["warned_checks"]) + int(run["failed_checks"]),
            "failed": int(run["failed_checks"]),
        }
        for number, run in enumerate(history)
    ]
    return {"rows": rows, "most": max((row["bad"] for row in rows), default=0)}


def sample_of(told: Any) -> dict[str, Any]:
    """Rows that broke a check, as a table; what is no such sample is none."""
    rows = listed(told)
    columns = list(dict.fromkeys(name for row in rows for name in row))[:_SAMPLE_COLUMNS]
    return {"columns": columns, "rows": rows[:_SAMPLE_ROWS]}


def listed(told: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list; none where it is no such list."""
    try:
        found = json.loads(told or "[]")
    except ValueError:
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


PAGE = Page("/quality", "quality.html", collect)
