"""A fleet's alerts and the passing hours in, the database's transactions in commit order out."""

import heapq
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from iot_streaming.simulator.alerts import Alert
from iot_streaming.simulator.beginnings import Beginnings, Row, customer_row, order_row
from iot_streaming.simulator.debezium import KEYS, Change, timestamptz
from iot_streaming.simulator.draws import generator, named_uuid
from iot_streaming.simulator.fleet import Fleet, firmware_text
from iot_streaming.simulator.readings import HOUR_MS

__all__ = ["Database"]

Act = Callable[[int], list[Change]]  # commit time in microseconds -> what it changes

_MINUTE_US = 60_000_000
_HOUR_US = 60 * _MINUTE_US
_ORDERS_PER_CUSTOMER_HOUR = 0.12
_ACKNOWLEDGED_SHARE, _RESOLVED_SHARE = 0.8, 0.75


class Database:
    """Tables with a past, and an agenda of what will be done to them.

    What is on the agenda is decided when it comes up: an order that is gone by then is not
    shipped. Times are microseconds since 1970.
    """

    def __init__(self, fleet: Fleet, snapshot_us: int) -> None:
        self.fleet = fleet
        beginnings = Beginnings(fleet, snapshot_us)
        self.tables = beginnings.tables
        self._beginnings = beginnings
        self._customers = len(self.tables["customers"])
        self._next_planned_ms = fleet.start_ms
        self._agenda: list[tuple[int, int, Act]] = []
        self._number = count()
        self._open_alerts: dict[str, list[str]] = defaultdict(list)  # by location_id
        source = generator(fleet.seed, "open orders")
        for order_id, row in self.tables["orders"].items():
            if row["order_status"] in ("PENDING", "PAID"):
                self._follow_order(order_id, fleet.start_ms * 1000, source)

    def snapshot(self) -> dict[str, list[Row]]:
        """The rows as they stand now, by table."""
        return {table: list(rows.values()) for table, rows in self.tables.items()}

    def transactions(self, until_us: int) -> Iterator[tuple[int, list[Change]]]:
        """(commit time, changes) of everything due before that time, in order."""
        while self._next_planned_ms * 1000 < until_us:
            self._plan_hour(self._next_planned_ms)
            self._next_planned_ms += HOUR_MS
        while self._agenda and self._agenda[0][0] < until_us:
            at_us, _, act = heapq.heappop(self._agenda)
            changes = act(at_us)
            if changes:
                yield at_us, changes

    def raise_alert(self, alert: Alert) -> None:
        """Put an alert's life on the agenda."""
        source = generator(
            self.fleet.seed, f"alert/{self.fleet.start_ms}/{alert.series}/{alert.slot}"
        )
        device = int(self.fleet.series_device[alert.series])
        threshold_id = self._beginnings.series_threshold[alert.series]
        alert_id = named_uuid(
            self.fleet.seed, f"alert/{self.fleet.start_ms}/{alert.series}/{alert.slot}"
        )
        row = {
            "alert_id": alert_id,
            "device_id": self.fleet.device_id(device),
            "location_id": self.fleet.location_id(int(self.fleet.device_location[device])),
            "threshold_id": threshold_id,
            "sensor_type": self.fleet.profiles[alert.series].sensor_type,
            "severity": self.tables["alert_thresholds"][threshold_id]["severity"],
            "sensor_value": alert.value,
            "status": "OPEN",
            "triggered_at": timestamptz(alert.at_ms * 1000),
            "acknowledged_at": None,
            "resolved_at": None,
            "updated_at": None,
        }
        raised_us = alert.arrival_ms * 1000 + source.randint(800_000, 3_000_000)
        self._at(raised_us, partial(self._open_alert, row))
        if source.random() < _ACKNOWLEDGED_SHARE:
            acknowledged_us = raised_us + source.randint(2 * _MINUTE_US, _HOUR_US)
            self._at(acknowledged_us, partial(self._acknowledge, row["location_id"]))
        if source.random() < _RESOLVED_SHARE:
            resolved_us = raised_us + source.randint(20 * _MINUTE_US, 6 * _HOUR_US)
            self._at(resolved_us, partial(self._resolve, row["location_id"], alert_id))

    def _at(self, at_us: int, act: Act) -> None:
        heapq.heappush(self._agenda, (at_us, next(self._number), act))

    # What can be done to a row; each returns the changes it made, none if the row is gone.

    def _create(self, table: str, row: Row, at_us: int) -> list[Change]:
        row = row | {"updated_at": timestamptz(at_us)}
        self.tables[table][row[KEYS[table]]] = row
        return [Change(table, "c", None, row)]

    def _update(self, table: str, key: Any, values: Row, at_us: int) -> list[Change]:
        before = self.tables[table].get(key)
        if before is None:
            return []
        after = before | values | {"updated_at": timestamptz(at_us)}
        self.tables[table][key] = after
        return [Change(table, "u", before, after)]

    def _delete(self, table: str, key: Any, _at_us: int) -> list[Change]:
        before = self.tables[table].pop(key, None)
        return [] if before is None else [Change(table, "d", before, None)]

    # Alerts

    def _open_alert(self, row: Row, at_us: int) -> list[Change]:
        self._open_alerts[row["location_id"]].append(row["alert_id"])
        return self._create("alerts", row, at_us)

    def _acknowledge(self, location_id: str, at_us: int) -> list[Change]:
        """Somebody looks, and takes every open alert of the place at once."""
        values = {"status": "ACK", "acknowledged_at": timestamptz(at_us)}
        waiting = self._open_alerts.pop(location_id, [])
        return [
            change
            for alert_id in waiting
            for change in self._update("alerts", alert_id, values, at_us)
        ]

    def _resolve(self, location_id: str, alert_id: str, at_us: int) -> list[Change]:
        if alert_id in self._open_alerts.get(location_id, []):
            self._open_alerts[location_id].remove(alert_id)
        values = {"status": "RESOLVED", "resolved_at": timestamptz(at_us)}
        return self._update("alerts", alert_id, values, at_us)

    # Orders

    def _follow_order(self, order_id: str, from_us: int, source: random.Random) -> None:
        """Put an order's further life on the agenda."""
        status = partial(self._move_order, order_id)
        paid_us = from_us + source.randint(5 * _MINUTE_US, _HOUR_US)
        if source.random() < 0.1:
            self._at(paid_us, partial(status, "CANCELLED"))
            if source.random() < 0.5:
                gone_us = paid_us + source.randint(_HOUR_US // 2, 3 * _HOUR_US)
                self._at(gone_us, partial(self._delete, "orders", order_id))
            return
        shipped_us = paid_us + source.randint(2 * _HOUR_US, 20 * _HOUR_US)
        self._at(paid_us, partial(status, "PAID"))
        self._at(shipped_us, partial(status, "SHIPPED"))
        delivered_us = shipped_us + source.randint(8 * _HOUR_US, 40 * _HOUR_US)
        self._at(delivered_us, partial(status, "DELIVERED"))

    def _move_order(self, order_id: str, status: str, at_us: int) -> list[Change]:
        row = self.tables["orders"].get(order_id)
        if row is None or row["order_status"] == status:
            return []
        return self._update("orders", order_id, {"order_status": status}, at_us)

    def _place_order(self, name: str, customer_id: str | None, at_us: int) -> list[Change]:
        """An order, and in the same transaction its customer when that is a new one."""
        source = generator(self.fleet.seed, name)
        changes = []
        if customer_id is None:
            customer = customer_row(self._customers, source, at_us)
            self._customers += 1
            customer_id = str(customer["customer_id"])
            self._beginnings.owners.append(customer_id)
            changes += self._create("customers", customer, at_us)
        product = self.tables["products"][source.randint(1, len(self.tables["products"]))]
        order = order_row(self.fleet.seed, name, customer_id, product, source, at_us)
        self._follow_order(order["order_id"], at_us, source)
        return changes + self._create("orders", order, at_us)

    # What an hour brings

    def _plan_hour(self, from_ms: int) -> None:
        hour = (from_ms - self.fleet.start_ms) // HOUR_MS
        source = generator(self.fleet.seed, f"hour/{hour}")
        from_us = from_ms * 1000

        def sometime() -> int:
            return from_us + source.randrange(_HOUR_US)

        orders = len(self._beginnings.owners) * _ORDERS_PER_CUSTOMER_HOUR
        for number in range(int(orders + source.random())):
            customer_id = source.choice(self._beginnings.owners)
            is_new = source.random() < 0.03
            name = f"order/{hour}/{number}"
            self._at(sometime(), partial(self._place_order, name, None if is_new else customer_id))
        self._plan_upgrades(from_ms)
        if hour == 1 or source.random() < 0.05:
            self._at(sometime(), partial(self._drop_last, "customers", self._beginnings.prospects))
        if hour == 2 or source.random() < 0.05:
            self._at(sometime(), partial(self._drop_last, "devices", self._beginnings.spares))
        if source.random() < 0.3:
            customer_id = source.choice(self._beginnings.owners)
            phone = {"phone": f"+1-555-{source.randrange(10_000):04d}"}
            self._at(sometime(), partial(self._update, "customers", customer_id, phone))
        if source.random() < 0.15:
            location_id = self.fleet.location_id(source.randrange(self.fleet.locations))
            renamed = {"location_name": f"Site {source.randrange(1000):03d}"}
            self._at(sometime(), partial(self._update, "locations", location_id, renamed))
        if source.random() < 0.2:
            self._at(sometime(), partial(self._tune_disabled_threshold, source.random()))
        if hour % 24 == 3:
            self._at(sometime(), self._raise_prices)

    def _plan_upgrades(self, from_ms: int) -> None:
        """Devices take their new firmware when the events begin to carry it."""
        devices = np.arange(self.fleet.devices)
        begin = np.full(len(devices), from_ms)
        before = self.fleet.firmware_version(devices, begin)
        after = self.fleet.firmware_version(devices, begin + HOUR_MS)
        upgraded = np.flatnonzero(after > before)
        when = self.fleet.firmware_upgrade_ms(upgraded, after[upgraded])
        for device, at_ms in zip(upgraded.tolist(), when.tolist(), strict=True):
            values = {"firmware_version": firmware_text(int(after[device]))}
            device_id = self.fleet.device_id(device)
            self._at(at_ms * 1000, partial(self._update, "devices", device_id, values))

    def _drop_last(self, table: str, spare: list[str], at_us: int) -> list[Change]:
        return self._delete(table, spare.pop(), at_us) if spare else []

    def _tune_disabled_threshold(self, chance: float, at_us: int) -> list[Change]:
        """Limits in force never move, so every alert stays a breach of its threshold."""
        rows = self.tables["alert_thresholds"].values()
        disabled = [row["threshold_id"] for row in rows if not row["is_enabled"]]
        if not disabled:
            return []
        key = disabled[int(chance * len(disabled))]
        return self._update("alert_thresholds", key, {"severity": "LOW"}, at_us)

    def _raise_prices(self, at_us: int) -> list[Change]:
        """A few list prices go up in one transaction."""
        changes = []
        for product_id in (1, 2, 3):
            price = Decimal(self.tables["products"][product_id]["unit_price"])
            values = {"unit_price": str((price * Decimal("1.02")).quantize(Decimal("0.01")))}
            changes += self._update("products", product_id, values, at_us)
        return changes
