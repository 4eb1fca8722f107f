"""Each peer's module in, the list of all that do the same work on the same files out.

A peer is a program of its own: `python benchmarks/peers/polars_delta.py LANDING OUT` brings the
sensor events of a landing folder into a table below OUT, as the peer's own documentation says, and
is run again for what is new. Its module names the packages that it wants and, for whoever checks
the outcome, says in SQL where the rows are.
"""

from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import duckdb

from peers import (
    dlt_duckdb,
    duckdb_parquet,
    lakehouse,
    pandas_parquet,
    polars_delta,
    spark_parquet,
)

__all__ = ["FLOOR", "OURS", "PEERS", "Peer"]


class Peer(Protocol):
    """What a module here has, besides the work itself."""

    TITLE: str
    PACKAGES: tuple[str, ...]
    __file__: str

    def rows(self, connection: duckdb.DuckDBPyConnection, out: Path) -> str:
        """The table below OUT, as SQL that stands after FROM; empty while there is none."""


def _peer(module: ModuleType) -> Peer:
    return cast(Peer, module)


FLOOR, OURS = _peer(duckdb_parquet), _peer(lakehouse)
PEERS = (FLOOR, OURS, *map(_peer, (polars_delta, pandas_parquet, dlt_duckdb, spark_parquet)))
