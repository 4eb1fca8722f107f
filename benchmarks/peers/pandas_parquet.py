"""Landing files in, one Parquet file for each out by pandas: what one writes by hand in an hour.

A file that is there already is left out, and appears whole. PyArrow reads it, the faster engine; a
file that it refuses is read line by line, and lines that are no JSON are kept.
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

from iot_streaming.sources import IOT_EVENTS

TITLE = "pandas by hand to Parquet"
PACKAGES = ("pandas", "pyarrow")
_FIELDS = {c.field: c.type for c in IOT_EVENTS.columns if c.encoding == "text"}


def ingest(landing: Path, out: Path) -> None:
    out.mkdir(exist_ok=True)
    for path in sorted(landing.glob("iot_events/**/*.ndjson")):
        parquet = out / f"{path.name}.parquet"
        if not parquet.exists():
            _write(path, parquet.with_suffix(".part"))
            parquet.with_suffix(".part").rename(parquet)


def _write(path: Path, parquet: Path) -> None:
    import pandas as pd

    try:
        read = pd.read_json(path, lines=True, engine="pyarrow")
    except ValueError:
        read = pd.DataFrame([_parsed(line) for line in path.read_text().splitlines() if line])
    frame = read.reindex(columns=[*_FIELDS, "_corrupt_record"])
    for field, kind in _FIELDS.items():
        if kind == "double":
            frame[field] = pd.to_numeric(frame[field], errors="coerce")
        elif kind == "timestamp":
            frame[field] = pd.to_datetime(frame[field], format="ISO8601", utc=True, errors="coerce")
    frame["_corrupt_record"] = frame["_corrupt_record"].astype("string")
    frame.assign(file=path.name).to_parquet(parquet, index=False)


def _parsed(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"_corrupt_record": line}


def rows(connection: duckdb.DuckDBPyConnection, out: Path) -> str:
    done = any(out.glob("*.parquet"))
    return f"read_parquet('{out}/*.parquet', union_by_name = true)" if done else ""


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]))
