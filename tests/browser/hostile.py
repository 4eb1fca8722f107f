"""A simulated landing in, files beside it that mean harm out: what a page has to show as text.

Handwritten Debezium changes and readings, as a database and a fleet could send them: HTML, SQL,
templates and formulas, the very long, right-to-left text, NaN, a device with one reading, a
customer without devices.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# Where they would tell of it, were they run: the walk hears of every request and dialog.
CALLS = "http://127.0.0.1:9/called"
NAMES = (
    f"<script>fetch('{CALLS}')</script>",
    f'"><img src={CALLS} onerror=alert(1)>',
    "' onmouseover='alert(1)' autofocus onfocus='alert(2)",
    '\'; drop table dim_devices; -- " or 1=1 or ""="',
    "{{ 7 * 7 }}{% raw %}${alert(3)}",
    "</script></style></title></textarea><svg onload=alert(4)>",
    '=HYPERLINK("http://127.0.0.1:9/called","click")',
    "javascript:alert(5)//[x](javascript:alert(6))",
    "\u202egpj.exe \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "wide \U0001f321 \u6f22\u5b57 e\u0301 \u200b|\u2028|\x7f|\x1b[31m",
    "../../..%2F..%00?&#;+ \\ 100 %",
    "x" * 400,
)
_BEGAN = datetime(2026, 1, 5, 1, tzinfo=UTC)
_VALUES = ("NaN", "Infinity", "-Infinity", 1e308, -1e308, 21.5, None)


def write_hostile(landing: Path) -> None:
    """One customer, site and device of each name, its readings, and an alert of each."""
    rows = list(_rows())
    for number, table in enumerate(dict.fromkeys(table for table, _ in rows)):
        lines = [
            _change(table, row, 1_000_000 * (number + 1) + place)
            for place, (of, row) in enumerate(rows)
            if of == table
        ]
        _write(landing / "cdc" / table / f"{table}-hostile.ndjson", lines)
    _write(landing / "iot_events" / "hostile.ndjson", map(json.dumps, _readings()))


def _rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
    at = _iso(_BEGAN)
    for number, name in enumerate(NAMES):
        customer, site, device = f"C{name}", f"L{name}", f"D{name}"
        told = {"created_at": at, "updated_at": at}
        yield (
            "customers",
            {
                "customer_id": customer,
                "customer_name": name,
                "email": name,
                "phone": name,
                "segment": name,
                "country": name,
                **told,
            },
        )
        yield (
            "locations",
            {
                "location_id": site,
                "location_name": name,
                "address": name,
                "city": name,
                "country": name,
                "latitude": 0,
                "longitude": 0,
                "timezone": name,
                **told,
            },
        )
        yield (
            "products",
            {
                "product_id": 900 + number,
                "product_name": name,
                "category": name,
                "unit_price": "1.50",
                "is_active": True,
                **told,
            },
        )
        # The last customer has no device, and the last device nobody's.
        owner = customer if number < len(NAMES) - 1 else None
        yield (
            "devices",
            {
                "device_id": device,
                "customer_id": owner,
                "product_id": 900 + number,
                "location_id": site,
                "serial_number": name,
                "device_type": name,
                "firmware_version": name,
                "install_date": 20000,
                "status": name,
                **told,
            },
        )
        yield (
            "alerts",
            {
                "alert_id": f"A{name}",
                "device_id": device,
                "location_id": site,
                "threshold_id": None,
                "sensor_type": "temperature",
                "severity": ("CRITICAL", "HIGH", name)[number % 3],
                "sensor_value": 1e308,
                "status": "OPEN",
                "triggered_at": at,
                "acknowledged_at": None,
                "resolved_at": None,
                "updated_at": at,
            },
        )
        yield (
            "orders",
            {
                "order_id": f"O{name}",
                "customer_id": customer,
                "product_id": 900 + number,
                "quantity": 1,
                "unit_price": "1.50",
                "total_amount": "1.50",
                "order_status": name,
                "order_timestamp": at,
                "updated_at": at,
            },
        )


def _readings() -> Iterator[Mapping[str, Any]]:
    for number, name in enumerate(NAMES):
        # One of them has a single reading.
        for minute, value in enumerate(_VALUES * 6 if number else (21.5,)):
            yield {
                "event_id": f"E{number}-{minute}",
                "device_id": f"D{name}",
                "location_id": f"L{name}",
                "timestamp": _iso(_BEGAN + timedelta(minutes=minute)),
                "sensor_type": name if number % 4 == 3 else "temperature",
                "value": value,
                "unit": "C",
                "quality_flag": "good",
                "battery_level": "NaN" if number % 2 else 50,
                "firmware_version": name,
            }
    # Kept back, with text of theirs among what is shown of the quarantine.
    for name in NAMES:
        yield {name[:60]: name, "device_id": f"D{name}", "timestamp": name, "value": name}


def _change(table: str, row: Mapping[str, Any], lsn: int) -> str:
    source = {
        "ts_us": int(_BEGAN.timestamp()) * 1_000_000,
        "snapshot": "false",
        "sequence": json.dumps([str(90_000_000 + lsn), str(90_000_000 + lsn)]),
        "table": table,
        "txId": lsn,
        "lsn": 90_000_000 + lsn,
    }
    return json.dumps({"before": None, "after": row, "source": source, "op": "c"})


def _write(path: Path, lines: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000000Z}"
