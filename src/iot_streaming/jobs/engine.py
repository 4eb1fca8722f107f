"""What the bench of a run needs of an engine: files into bronze, and a warehouse over it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from iot_streaming.bronze.ingest import Ingested
from iot_streaming.bronze.quarantine import Releases
from iot_streaming.contract import Source
from iot_streaming.transform import DbtPlace
from iot_streaming.warehouse import Warehouse


@dataclass
class Ingestion:
    """What one pipeline brought in, a report a source; `failures` by source that had none."""

    reports: list[Ingested] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """One engine at work in one home, for the time of a run that holds the home's lock."""

    warehouse: Warehouse
    releases: Releases

    def ingest(
        self, root: Path, pipeline: Mapping[str, Any], sources: Sequence[Source]
    ) -> Ingestion:
        """New files of these sources, which the pipeline's notebooks declare, into bronze."""

    def bronze_versions(self) -> dict[str, int]:
        """Of every source: a number that changes when rows came in, were released from quarantine,
        or were changed by somebody's hand."""

    def place(self, project: Path) -> DbtPlace:
        """Where dbt works for this engine."""

    def publish(
        self,
        run_id: str,
        layers: Sequence[str],
        wanted: Callable[[str], bool] = lambda table: True,
        mended: tuple[date, date] | None = None,
    ) -> None:
        """Serve these layers' tables as of this run, those that are wanted by name.

        `mended`: first and last day whose readings were built again, after `doubt` allowed it.
        """

    def doubt(self) -> bool:
        """Before readings are built again: what is served of them can't be trusted to be the same.

        Whether it is enough to tell the days when they are published.
        """
