"""A home and a landing folder for one test, and short ways to fill and read them."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from iot_streaming.bronze.ingest import Ingested, create_tables, ingest
from iot_streaming.bronze.store import DeltaStore
from iot_streaming.contract import Source
from iot_streaming.settings import Settings
from iot_streaming.sources import IOT_EVENTS
from tests.folders import landing_folder

ARRIVAL = 1_767_700_000  # 2026-01-06T11:46:40Z, after every event below


def event(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A sound event; `fields` replace or add, None takes away."""
    whole = {
        "event_id": f"e-{number}",
        "device_id": "DEV-1",
        "location_id": "LOC-1",
        "timestamp": "2026-01-05T12:00:00.000Z",
        "sensor_type": "temperature",
        "value": 21.5,
        "unit": "C",
        "quality_flag": "good",
        "battery_level": 80,
        "firmware_version": "1.0.0",
    } | fields
    return {name: value for name, value in whole.items() if value is not None}


def lines(*rows: Any) -> bytes:
    """Rows as NDJSON; text stays as it is."""
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    return "".join(text + "\n" for text in texts).encode()


class Lakehouse:
    """Land files, ingest them, look at the bronze table."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(home=folder / "home", landing=folder / "landing", **settings)
        landing_folder(self.settings).mkdir(exist_ok=True)
        self.settings.make_folders()
        create_tables(self.settings)

    def land(self, name: str, content: bytes, source: Source = IOT_EVENTS) -> Path:
        path = landing_folder(self.settings) / source.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (ARRIVAL, ARRIVAL))
        return path

    def ingest(self, source: Source = IOT_EVENTS) -> Ingested:
        return ingest(self.settings, source)

    def bronze(self, columns: str = "*", source: Source = IOT_EVENTS) -> list[dict[str, Any]]:
        return self._rows(columns, DeltaStore(self.settings.bronze(source.name)).files())

    def ledger(self) -> list[dict[str, Any]]:
        return self._rows("*", DeltaStore(self.settings.ledger).files())

    def _rows(self, columns: str, files: list[str]) -> list[dict[str, Any]]:
        if not files:
            return []
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(
                f"select {columns} from read_parquet($files) order by all", {"files": files}
            )
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(tmp_path)


def event_ids(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(row["event_id"] for row in rows)
