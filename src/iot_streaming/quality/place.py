"""A target's names in, its tables' full names out: the same words on every engine."""

import re
from dataclasses import dataclass

from iot_streaming.contract import Source
from iot_streaming.errors import ConfigurationError

_NAME = re.compile(r"\w+")


@dataclass(frozen=True)
class Place:
    """Where a target's tables are: the prefix of its schemas, on Databricks also a catalog."""

    prefix: str
    catalog: str = ""

    def __post_init__(self) -> None:
        for name in filter(None, (self.prefix, self.catalog)):
            if not _NAME.fullmatch(name):
                raise ConfigurationError(f"{name!r} is no name of a catalog or schema")

    def table(self, layer: str, name: str) -> str:
        """`dev_gold.dim_devices`, after the catalog where there is one."""
        return f"{self.schema(layer)}.{name}"

    def schema(self, layer: str) -> str:
        """`dev_gold`, after the catalog where there is one."""
        return ".".join(filter(None, (self.catalog, f"{self.prefix}_{layer}")))

    def bronze(self, source: Source) -> str:
        """The table that the source fills."""
        return self.table("bronze", source.name)
