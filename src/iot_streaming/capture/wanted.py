"""The caller's options in, one checked Wanted out: what to capture, where to and how often."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError
from iot_streaming.landing.opened import landing_at
from iot_streaming.landing.place import Landing
from iot_streaming.settings import MIB, Settings
from iot_streaming.sources import SOURCES

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# Table to the folder that its changes land in and the key that each of them has to carry.
FOLDERS = {
    source.path.rpartition("/")[2]: source.path for source in SOURCES if source.format == "debezium"
}
KEYS = {
    source.path.rpartition("/")[2]: source.key for source in SOURCES if source.format == "debezium"
}


@dataclass(frozen=True)
class Wanted:
    """One capture.

    `state` is the folder of what it must remember between runs. A file is rotated at
    `rotate_bytes`; all that is complete is shown to readers every `rotate_seconds`.
    """

    dsn: str = field(repr=False)
    landing: Path | BucketUrl
    state: Path
    tables: tuple[str, ...] = tuple(FOLDERS)
    schema: str = "public"
    slot: str = "iot_capture"
    publication: str = "iot_capture"
    rotate_bytes: int = 16 * MIB
    rotate_seconds: float = 30

    def opened(self) -> Landing:
        """The landing; what a bucket isn't shown yet lies in the state folder."""
        return landing_at(self.landing, self.state)

    def __post_init__(self) -> None:
        if not self.dsn:
            raise ConfigurationError(
                "no database to capture: set IOT_CAPTURE_DSN, such as "
                "postgresql://USER:PASSWORD@HOST:5432/DATABASE, or give --dsn"
            )
        for what in ("schema", "slot", "publication"):
            if not _NAME.fullmatch(getattr(self, what)):
                raise ConfigurationError(
                    f"{what} {getattr(self, what)!r}: use at most 63 lower-case letters, digits "
                    "and underscores, a letter or underscore first"
                )
        unknown = [table for table in self.tables if table not in FOLDERS]
        if unknown or not self.tables or len(set(self.tables)) < len(self.tables):
            raise ConfigurationError(
                f"can't capture tables {', '.join(self.tables) or '(none)'}: name each once, of "
                f"{', '.join(FOLDERS)}"
            )
        if self.rotate_bytes < 1 or not self.rotate_seconds > 0:
            raise ConfigurationError("--rotate-bytes and --rotate-seconds must be more than 0")

    @classmethod
    def of(
        cls,
        settings: Settings,
        dsn: str,
        slot: str,
        publication: str,
        *,
        tables: Sequence[str] = (),
        schema: str = "public",
        rotate_bytes: int = 16 * MIB,
        rotate_seconds: float = 30,
    ) -> "Wanted":
        """Into the settings' landing, remembered under their home; no tables: all declared."""
        return cls(
            dsn=dsn,
            landing=settings.landing,
            state=settings.root / "capture" / slot,
            tables=tuple(tables) or tuple(FOLDERS),
            schema=schema,
            slot=slot,
            publication=publication,
            rotate_bytes=rotate_bytes,
            rotate_seconds=rotate_seconds,
        )
