"""What a simulation planted and wrote in, `_manifest.json` out, and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from iot_streaming.simulator.settings import Simulation

__all__ = ["MANIFEST_NAME", "Manifest", "SourceCount"]

MANIFEST_NAME = "_manifest.json"


@dataclass(frozen=True)
class SourceCount:
    """Files of one source, their lines and their bytes as stored."""

    files: int = 0
    lines: int = 0
    bytes: int = 0

    def __add__(self, other: "SourceCount") -> "SourceCount":
        return SourceCount(
            self.files + other.files, self.lines + other.lines, self.bytes + other.bytes
        )


@dataclass(frozen=True)
class Manifest:
    """The truth about a simulated landing folder.

    `sources` counts by source name (`iot_events`, `cdc_devices` …), `good_event_ids` the distinct
    event ids among lines that need no quarantine, `tables` the rows of each database table in the
    end, `faults` what was planted by kind, and `details` names what a count can't say.

    >>> Manifest.read(Path("landing")).faults["late_events"]
    1142
    """

    settings: Simulation
    sources: Mapping[str, SourceCount]
    good_event_ids: int
    tables: Mapping[str, int]
    faults: Mapping[str, int]
    details: Mapping[str, list[str]] = field(default_factory=dict)

    def to_json(self) -> str:
        """One JSON document."""
        values = asdict(self) | {"settings": self.settings.to_dict()}
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The manifest that `to_json` wrote."""
        values = json.loads(text)
        values["settings"] = Simulation.from_dict(values["settings"])
        values["sources"] = {
            name: SourceCount(**count) for name, count in values["sources"].items()
        }
        return cls(**values)

    @classmethod
    def read(cls, out: Path) -> Self:
        """The manifest of a landing folder."""
        return cls.from_json((out / MANIFEST_NAME).read_text(encoding="utf-8"))
