"""How the fleet is: bands, what is worst, what comes in, where it is."""

from collections.abc import Mapping
from typing import Any

from iot_streaming.serve import charts
from iot_streaming.serve.asking import Asking
from iot_streaming.serve.pages.page import Page
from iot_streaming.serve.shown import kind
from iot_streaming.serve.wanted import Wanted

HOURS = 48
DAYS = 30
_HOUR, _DAY = 3600, 86400
_ORDER = ("Failure", "Out of specification", "Maintenance required", "Good", "No score")


def collect(asking: Asking, wanted: Wanted) -> dict[str, Any]:
    """All the overview shows; nothing of it reads single readings."""
    bands = sorted(asking.all("health_bands"), key=_place_of)
    hours = asking.all("readings_by_hour", hours=HOURS)
    days = asking.all("fleet_days", days=DAYS)
    return {
        "totals": asking.one("fleet_totals"),
        "bands": bands,
        "band_pieces": [(kind(band["health_band"]), band["devices"]) for band in bands],
        "worst": asking.all("worst_devices")[:8],
        "reasons": asking.all("health_reasons"),
        "ages": asking.all("last_seen_ages"),
        "sites": asking.all("sites")[:12],
        "hours": hours,
        "days": days,
        "pace": charts.bars(
            hours, "event_hour_at", _HOUR, ("readings_per_minute", "readings a minute", "flow")
        ),
        "completeness": charts.lines(
            [{**day, "completeness": _percent(day["completeness"])} for day in days],
            "metric_date",
            _DAY,
            ("completeness", "complete", "flow"),
        )
        | {"is_share": True},
    }


def _place_of(band: Mapping[str, Any]) -> int:
    """Worst first; bands that somebody's seed adds come last."""
    name = band["health_band"]
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _percent(share: Any) -> float | None:
    return None if share is None else float(share) * 100


PAGE = Page("/", "fleet.html", collect)
