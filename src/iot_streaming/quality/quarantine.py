"""Bronze in, what is kept back and why out: counts, samples, exports; what replays released."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iot_streaming.bronze.quarantine import Chosen, open_rows, quarantined_rows
from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError
from iot_streaming.quality.place import Place
from iot_streaming.quality.tables import REPLAYS
from iot_streaming.sources import SOURCES

if TYPE_CHECKING:
    from iot_streaming.warehouse import Warehouse

_EXPORTED = ("row_id", "source", "file", "reasons", "ingested_at", "line")
_NO_ROWS = """(
    select cast(null as string) as _row_id, cast(null as timestamp) as _ingested_at where false
)"""


@dataclass(frozen=True)
class Quarantined:
    """Rows of a source that were kept back for the same reasons, `file` by file if asked so.

    `rows` were quarantined, `released` of them by replays. Times are when the first and the last
    came in. `samples`: a few that are still kept back, as in an export.
    """

    source: str
    reasons: tuple[str, ...]
    file: str | None
    files: int
    rows: int
    released: int
    first_at: datetime
    last_at: datetime
    samples: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"kept": self.rows - self.released}


def released_rows(warehouse: "Warehouse", place: Place, source: Source) -> str:
    """The relation of the source's released rows; one without rows before the first."""
    table = f"{place.bronze(source)}_released"
    return table if warehouse.has(table) else _NO_ROWS


def quarantined(
    warehouse: "Warehouse",
    place: Place,
    sources: Sequence[Source],
    chosen: Chosen,
    by_file: bool = False,
    samples: int = 0,
) -> list[Quarantined]:
    """What is quarantined, the most first within a source; `samples` of each."""
    found = []
    for source in sources:
        if not warehouse.has(place.bronze(source)):
            continue
        shown = _samples(warehouse, place, source, chosen, by_file, samples)
        for row in warehouse.ask(_counted(warehouse, place, source, chosen, by_file)):
            reasons, file = tuple(row.pop("reasons")), row.pop("file")
            of_it = shown.get((reasons, file), [])
            found.append(Quarantined(source.name, reasons, file, **row, samples=of_it))
    return found


def _counted(
    warehouse: "Warehouse", place: Place, source: Source, chosen: Chosen, by_file: bool
) -> str:
    file = "_source_file" if by_file else "cast(null as string)"
    return f"""
        select
            _errors as reasons,
            {file} as file,
            count(distinct _source_file) as files,
            count(*) as rows,
            count(released._row_id) as released,
            min(_ingested_at) as first_at,
            max(_ingested_at) as last_at
        from (
            select * from ({quarantined_rows(place.bronze(source))}) as every
            where {chosen.condition}
        ) as quarantined
        left join (select _row_id from {released_rows(warehouse, place, source)}) as released
            on quarantined._row_id = released._row_id
        group by _errors{", _source_file" if by_file else ""}
        order by rows desc, reasons, file"""


def _samples(
    warehouse: "Warehouse",
    place: Place,
    source: Source,
    chosen: Chosen,
    by_file: bool,
    wanted: int,
) -> dict[tuple[tuple[str, ...], str | None], list[dict[str, Any]]]:
    """Of each group the newest rows."""
    group = "_errors, _source_file" if by_file else "_errors"
    kept_back = open_rows(place.bronze(source), released_rows(warehouse, place, source), chosen)
    rows = warehouse.ask(
        f"""
        select * from (
            select
                *,
                row_number() over (
                    partition by {group} order by _ingested_at desc, _row_id
                ) as _sample_no
            from ({kept_back}) as kept_back
        ) as numbered
        where _sample_no <= {wanted}
        order by _sample_no"""
    )
    shown: dict[tuple[tuple[str, ...], str | None], list[dict[str, Any]]] = {}
    for row in rows:
        key = (tuple(row["_errors"]), row["_source_file"] if by_file else None)
        shown.setdefault(key, []).append(_exported(source, row))
    return shown


def exported_rows(
    warehouse: "Warehouse", place: Place, sources: Sequence[Source], chosen: Chosen
) -> Iterator[dict[str, Any]]:
    """Every row that is still kept back: its id, source, file, reasons, time and line."""
    columns = "_row_id, _source_file, _errors, _ingested_at, _quarantined_line"
    for source in sources:
        if not warehouse.has(place.bronze(source)):
            continue
        kept_back = open_rows(place.bronze(source), released_rows(warehouse, place, source), chosen)
        for row in warehouse.ask(
            f"select {columns} from ({kept_back}) as kept_back order by _source_file, _row_id"
        ):
            yield _exported(source, row)


def _exported(source: Source, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "row_id": row["_row_id"],
        "source": source.name,
        "file": row["_source_file"],
        "reasons": list(row["_errors"]),
        "ingested_at": utc(row["_ingested_at"]).isoformat(),
        "line": row["_quarantined_line"],
    }


def write_export(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    """Into .csv, .json or .ndjson, as the path ends; how many rows there were."""
    if path.suffix not in (".csv", ".json", ".ndjson"):
        raise ConfigurationError(f"{path} ends in none of .csv, .json and .ndjson")
    count = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, _EXPORTED)
        if path.suffix == ".csv":
            table.writeheader()
        for row in rows:
            if path.suffix == ".csv":
                table.writerow(row | {"reasons": ",".join(row["reasons"])})
            else:
                opening = ("," if count else "[") if path.suffix == ".json" else ""
                file.write(opening + json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
        if path.suffix == ".json":
            file.write("]\n" if count else "[]\n")
    return count


def read_corrections(path: Path) -> dict[str, str]:
    """An export whose lines were corrected: row id to line. Other columns may be gone."""
    corrections: dict[str, str] = {}
    for number, row in enumerate(_read_rows(path), 1):
        where = f"{path}, row {number}"
        row_id, line = row.get("row_id"), row.get("line")
        if not isinstance(row_id, str) or not isinstance(line, str) or not line.strip():
            raise ConfigurationError(f"{where}: it needs row_id and line, as an export has them")
        if "\n" in line:
            raise ConfigurationError(f"{where}: line holds a line feed; a row is one line")
        if row_id in corrections:
            raise ConfigurationError(f"{where}: row_id {row_id} stands there twice")
        corrections[row_id] = line
    return corrections


def _read_rows(path: Path) -> list[dict[str, Any]]:
    try:
        # Python's csv refuses fields over 128 KiB unless told; lines may be as long as they like.
        csv.field_size_limit(2**31 - 1)
        with open(path, encoding="utf-8", newline="") as file:
            if path.suffix == ".csv":
                return list(csv.DictReader(file))
            if path.suffix == ".ndjson":
                return [_as_row(json.loads(line)) for line in file if line.strip()]
            if path.suffix == ".json":
                return [_as_row(row) for row in json.load(file)]
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror or error}") from error
    except (ValueError, TypeError, csv.Error) as error:
        raise ConfigurationError(f"{path} is no export: {error}") from error
    raise ConfigurationError(f"{path} ends in none of .csv, .json and .ndjson")


def _as_row(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{str(value)[:40]!r} is no row")
    return value


def refuse_unknown_rows(
    warehouse: "Warehouse", place: Place, sources: Sequence[Source], corrections: Mapping[str, str]
) -> None:
    """ConfigurationError when a correction is of no row that is quarantined, released or not."""
    unknown = set(corrections)
    for source in sources:
        if unknown and warehouse.has(place.bronze(source)):
            ids = f"select _row_id from ({quarantined_rows(place.bronze(source))}) as quarantined"
            unknown -= {row["_row_id"] for row in warehouse.ask(ids)}
    if unknown:
        raise ConfigurationError(
            f"{len(unknown):,} corrections are of no quarantined row, such as row_id "
            f"{min(unknown)!r}; take them from `iot quarantine list --export FILE`"
        )


def record_replays(warehouse: "Warehouse", place: Place, engine: str) -> None:
    """Make `<prefix>_quality.replays` what the tables of released rows say, all of them anew.

    So a replay that was killed after its release is in it by the next one.
    """
    rows = []
    for source in SOURCES:
        released = released_rows(warehouse, place, source)
        if released == _NO_ROWS:
            continue
        found = warehouse.ask(
            f"""
            select _replay_id, _replayed_at, _source_file, _reasons, count(*) as released
            from {released}
            group by _replay_id, _replayed_at, _source_file, _reasons
            order by _replayed_at, _source_file, _reasons"""
        )
        for row in found:
            at, reason = utc(row["_replayed_at"]), ",".join(row["_reasons"])
            key = (row["_replay_id"], at, source.name, row["_source_file"], reason)
            rows.append((*key, row["released"], engine))
    warehouse.replace(place.table("quality", "replays"), REPLAYS, rows)


def utc(at: datetime) -> datetime:
    """Spark hands out instants without their zone, which is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
