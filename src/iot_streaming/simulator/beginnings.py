"""A fleet in, the database rows as they stand before the first reading out."""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from iot_streaming.simulator.debezium import KEYS, timestamptz
from iot_streaming.simulator.draws import generator, named_uuid
from iot_streaming.simulator.fleet import (
    DEVICE_TYPES,
    LOCATIONS_PER_CUSTOMER,
    Fleet,
    SensorProfile,
    device_type_of,
    firmware_text,
)
from iot_streaming.simulator.names import (
    CITIES,
    COMPANIES,
    COMPANY_KINDS,
    PRODUCTS,
    SEGMENTS,
    SITES,
    STREETS,
)

__all__ = ["Beginnings", "Row", "customer_row", "order_row"]

Row = dict[str, Any]
Tables = dict[str, dict[Any, Row]]

DAY_US = 86_400_000_000
_ORDERS_PER_CUSTOMER = 4
_OPEN_ORDER_SHARE = 0.25
_DISABLED_THRESHOLD_SHARE = 0.08

# The default of a sensor type is what its first device type needs; the others override it.
_DEFAULT_PROFILES: dict[str, SensorProfile] = {}
for _profiles in DEVICE_TYPES.values():
    for _profile in _profiles:
        _DEFAULT_PROFILES.setdefault(_profile.sensor_type, _profile)


@dataclass
class Beginnings:
    """The first rows of every table, and what the rest of the history builds on.

    `series_threshold[i]` is the threshold that series i is held to; `prospects` are customers
    and `spares` devices that nothing else refers to.
    """

    fleet: Fleet
    at_us: int
    tables: Tables = field(default_factory=lambda: {table: {} for table in KEYS})
    series_threshold: list[int] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    prospects: list[str] = field(default_factory=list)
    spares: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = generator(self.fleet.seed, "beginnings")
        self._cities = [self._random.choice(CITIES) for _ in range(self.fleet.locations)]
        self._add_products()
        self._add_customers()
        self._add_locations()
        self._add_devices()
        self._add_thresholds()
        self._add_orders()

    def _add(self, table: str, row: Row) -> None:
        self.tables[table][row[KEYS[table]]] = row

    def _ago(self, least_days: float, most_days: float) -> int:
        days = self._random.uniform(least_days, most_days)
        return self.at_us - int(days * 86_400) * 1_000_000

    def _add_products(self) -> None:
        for number, (name, category, price, _) in enumerate(PRODUCTS, start=1):
            created_us = self._ago(500, 1500)
            self._add(
                "products",
                {
                    "product_id": number,
                    "product_name": name,
                    "category": category,
                    "unit_price": price,
                    "is_active": True,
                    "created_at": created_us,
                    "updated_at": timestamptz(created_us),
                },
            )

    def _add_customers(self) -> None:
        owners = max(2, -(-self.fleet.locations // LOCATIONS_PER_CUSTOMER))
        prospects = max(3, owners // 8)
        for number in range(owners + prospects):
            row = customer_row(number, self._random, self._ago(30, 1200))
            self._add("customers", row)
            (self.owners if number < owners else self.prospects).append(row["customer_id"])

    def _add_locations(self) -> None:
        for number, city in enumerate(self._cities):
            at = timestamptz(self._ago(30, 900))
            self._add(
                "locations",
                {
                    "location_id": self.fleet.location_id(number),
                    "location_name": f"{city.name} {self._random.choice(SITES)} {number + 1}",
                    "address": f"{self._random.choice(STREETS)} {self._random.randint(1, 240)}",
                    "city": city.name,
                    "country": city.country,
                    "latitude": round(city.latitude + self._random.uniform(-0.08, 0.08), 6),
                    "longitude": round(city.longitude + self._random.uniform(-0.08, 0.08), 6),
                    "timezone": city.timezone,
                    "created_at": at,
                    "updated_at": at,
                },
            )

    def _add_devices(self) -> None:
        devices = np.arange(self.fleet.devices)
        begin = np.full(self.fleet.devices, self.fleet.start_ms)
        firmware = self.fleet.firmware_version(devices, begin).tolist()
        for device, location in enumerate(self.fleet.device_location.tolist()):
            self._add_device(device, location, firmware_text(firmware[device]), "ACTIVE")
        for spare in range(max(3, self.fleet.devices // 20)):
            device = self.fleet.devices + spare
            location = self._random.randrange(self.fleet.locations)
            self._add_device(device, location, firmware_text(0), "DECOMMISSIONED")
            self.spares.append(self.fleet.device_id(device))

    def _add_device(self, device: int, location: int, firmware: str, status: str) -> None:
        installed_us = self._ago(20, 800)
        device_type = device_type_of(device)
        kinds = [kind for _, _, _, kind in PRODUCTS]
        self._add(
            "devices",
            {
                "device_id": self.fleet.device_id(device),
                "customer_id": self.owners[location % len(self.owners)],
                "product_id": kinds.index(device_type) + 1,
                "location_id": self.fleet.location_id(location),
                "serial_number": f"SN{self._random.randrange(10**9):09d}",
                "device_type": device_type,
                "firmware_version": firmware,
                "install_date": installed_us // DAY_US,
                "status": status,
                "created_at": timestamptz(installed_us),
                "updated_at": timestamptz(installed_us),
            },
        )

    def _add_thresholds(self) -> None:
        defaults = {
            sensor_type: self._add_threshold(None, profile)
            for sensor_type, profile in _DEFAULT_PROFILES.items()
        }
        for series, profile in enumerate(self.fleet.profiles):
            device_id = self.fleet.device_id(int(self.fleet.series_device[series]))
            default = _DEFAULT_PROFILES[profile.sensor_type]
            if _limits(profile) == _limits(default):
                self.series_threshold.append(defaults[profile.sensor_type])
                if self._random.random() < _DISABLED_THRESHOLD_SHARE:
                    self._add_threshold(device_id, profile, enabled=False)
            else:
                self.series_threshold.append(self._add_threshold(device_id, profile))

    def _add_threshold(
        self, device_id: str | None, profile: SensorProfile, enabled: bool = True
    ) -> int:
        number = len(self.tables["alert_thresholds"]) + 1
        minimum, maximum, severity = _limits(profile)
        self._add(
            "alert_thresholds",
            {
                "threshold_id": number,
                "device_id": device_id,
                "sensor_type": profile.sensor_type,
                "min_value": minimum,
                "max_value": maximum,
                "severity": severity,
                "is_enabled": enabled,
                "updated_at": timestamptz(self._ago(20, 400)),
            },
        )
        return number

    def _add_orders(self) -> None:
        for number in range(len(self.owners) * _ORDERS_PER_CUSTOMER):
            customer = self._random.choice(self.owners)
            product = self.tables["products"][self._random.randint(1, len(PRODUCTS))]
            is_open = self._random.random() < _OPEN_ORDER_SHARE
            ordered_us = self._ago(0.1, 1) if is_open else self._ago(5, 180)
            name = f"order/before/{number}"
            row = order_row(self.fleet.seed, name, customer, product, self._random, ordered_us)
            closed = "DELIVERED" if self._random.random() < 0.9 else "CANCELLED"
            row["order_status"] = self._random.choice(("PENDING", "PAID")) if is_open else closed
            self._add("orders", row)


def customer_row(number: int, source: random.Random, at_us: int) -> Row:
    """A customer; `number` makes its id, so each is used once."""
    company = f"{source.choice(COMPANIES)} {source.choice(COMPANY_KINDS)}"
    city = source.choice(CITIES)
    domain = "".join(letter for letter in company.lower() if letter.isascii() and letter.isalpha())
    at = timestamptz(at_us)
    return {
        "customer_id": f"C{number + 1:05d}",
        "customer_name": company,
        "email": f"ops{number + 1}@{domain}.example",
        "phone": f"{city.dialling}-555-{source.randrange(10_000):04d}",
        "segment": source.choice(SEGMENTS),
        "country": city.country,
        "created_at": at,
        "updated_at": at,
    }


def order_row(
    seed: int, name: str, customer_id: str, product: Row, source: random.Random, at_us: int
) -> Row:
    """A pending order of a product at its present price; `name` makes its id."""
    quantity = source.randint(1, 12)
    at = timestamptz(at_us)
    return {
        "order_id": named_uuid(seed, name),
        "customer_id": customer_id,
        "product_id": product["product_id"],
        "quantity": quantity,
        "unit_price": product["unit_price"],
        "total_amount": str(Decimal(product["unit_price"]) * quantity),
        "order_status": "PENDING",
        "order_timestamp": at,
        "updated_at": at,
    }


def _limits(profile: SensorProfile) -> tuple[str | None, str | None, str]:
    """Limits as numeric text, and the severity."""
    minimum = None if profile.minimum is None else f"{profile.minimum:g}"
    maximum = None if profile.maximum is None else f"{profile.maximum:g}"
    return minimum, maximum, profile.severity
