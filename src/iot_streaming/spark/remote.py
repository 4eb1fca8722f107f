"""A session on somebody's cluster in; refused unless it has what the lakehouse's own would have."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from iot_streaming.bucket_url import BucketUrl
from iot_streaming.errors import ConfigurationError, SparkFailed
from iot_streaming.settings import Settings
from iot_streaming.spark.server import lakehouse_confs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXECUTOR_SECONDS = 90.0
# Results rest on these; the others on the cluster's size, or on how its JARs got there.
_NEEDED = (
    "spark.sql.extensions",
    "spark.sql.catalog.spark_catalog",
    "spark.sql.sources.default",
    "spark.sql.catalogImplementation",
    "spark.sql.ansi.enabled",
    "spark.sql.session.timeZone",
)


def refuse_unfit(session: "SparkSession", settings: Settings) -> None:
    """ConfigurationError that names what is missing: confs, this package there, shared folders.

    SparkFailed when no executor did a task within EXECUTOR_SECONDS.
    """
    _refuse_confs(session)
    folders = [path for path in (settings.root, settings.landing) if _is_folder(path)]
    unseen = _unseen_by_executors(session, folders)
    if unseen:
        raise ConfigurationError(
            f"executors of --remote don't see {' and '.join(unseen)}; --home and --landing must "
            "be storage that all machines of the cluster have at the same place"
        )


def _is_folder(place: Path | BucketUrl) -> TypeGuard[Path]:
    return isinstance(place, Path) and place.is_dir()


def _refuse_confs(session: "SparkSession") -> None:
    wanted = lakehouse_confs(1, [])
    found = {name: session.conf.get(name, None) or "" for name in _NEEDED}
    # Of extensions there may be others.
    bad = [name for name in _NEEDED if wanted[name] not in found[name].split(",")]
    if bad:
        told = "; ".join(f"{name} is {found[name]!r}, not {wanted[name]!r}" for name in bad)
        raise ConfigurationError(
            f"--remote is not set up for the lakehouse: {told}; start its "
            "Spark Connect server with these confs and Delta's JARs"
        )


def _unseen_by_executors(session: "SparkSession", folders: Sequence[Path]) -> list[str]:
    from pyspark.errors import PySparkException
    from pyspark.sql.functions import udf

    places = [str(folder) for folder in folders]

    # Without type hints: pyspark takes them for a kind of UDF.
    def unseen(_):  # type: ignore[no-untyped-def]
        import os

        import iot_streaming.bronze.spark  # noqa: F401 (what bronze's own functions are of)

        return "\n".join(place for place in places if not os.path.isdir(place))

    timer = threading.Timer(EXECUTOR_SECONDS, session.interruptAll)
    timer.daemon = True
    timer.start()
    try:
        rows = session.range(1).select(udf(unseen)("id").alias("unseen")).collect()
    except PySparkException as error:
        raise _refusal(str(error)) from error
    finally:
        timer.cancel()
    return str(rows[0].unseen).splitlines()


def _refusal(said: str) -> ConfigurationError | SparkFailed:
    if "OPERATION_CANCELED" in said:
        return SparkFailed(
            f"no executor of --remote did a task within {EXECUTOR_SECONDS:g} s; has its cluster "
            "workers with free cores and memory?"
        )
    lines = said.splitlines()
    cause = next((line for line in lines if "Error: " in line), lines[0]).strip()
    return ConfigurationError(
        f"executors of --remote can't run the lakehouse's Python: {cause[:500]}; they need this "
        "version of Python, and iot-streaming installed for it"
    )
