"""What a check of a bundle has to say."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """One thing about a resolved bundle. An error keeps it from being deployed or run well."""

    level: Literal["error", "warning"]
    where: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def error(where: str, message: str) -> Finding:
    return Finding("error", where, message)


def warning(where: str, message: str) -> Finding:
    return Finding("warning", where, message)
