"""What is asked and a URL in, what a template shows out: a page each."""

from iot_streaming.serve.pages import alerts, customers, device, devices, fleet, quality, runs
from iot_streaming.serve.pages.page import Page, Table

__all__ = ["PAGES", "TABLES", "Page", "Table"]

PAGES = (
    fleet.PAGE,
    devices.PAGE,
    device.PAGE,
    alerts.PAGE,
    alerts.ONE,
    customers.PAGE,
    customers.ONE,
    quality.PAGE,
    runs.PAGE,
    runs.ONE,
)
TABLES = (
    Table.of(devices.DEVICES),
    device.READINGS,
    alerts.FILE,
    Table.of(customers.CUSTOMERS),
    Table.of(runs.RUNS),
)
