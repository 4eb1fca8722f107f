"""Pages in, the two dashboards out: one for each layer, as a dashboard has one schema."""

from iot_streaming.dashboards.layout import Dashboard
from iot_streaming.dashboards.pages import alerts, customers, device, fleet, quality

_GOLD = (fleet, device, alerts, customers)

DASHBOARDS = (
    Dashboard(
        "fleet.lvdash.json",
        "gold",
        [dataset for module in _GOLD for dataset in module.DATASETS],
        [module.PAGE for module in _GOLD],
    ),
    Dashboard("quality.lvdash.json", "quality", quality.DATASETS, [quality.PAGE]),
)
