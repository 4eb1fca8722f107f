"""A real standalone cluster of the test's own: a master, workers to kill, a Connect server."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from iot_streaming.reporter import Silent
from iot_streaming.settings import Settings
from iot_streaming.spark.jars import spark_jars
from iot_streaming.spark.java import Java, find_java
from iot_streaming.spark.server import (
    kept,
    lakehouse_confs,
    prepare_folders,
    server_confs,
    serving,
    spark_environment,
    spark_home,
    wait_for,
    write_confs,
)

_DEPLOY = "org.apache.spark.deploy"
# What tells the master's address, and that a worker has it.
_LOGGING = f"""logger.master.name = {_DEPLOY}.master.Master
logger.master.level = info
logger.worker.name = {_DEPLOY}.worker.Worker
logger.worker.level = info
"""


@dataclass(frozen=True)
class Worker:
    """One core and 1 GB; it has a process group, and so does its executor with it."""

    group: int

    def kill(self) -> None:
        """As a machine that lost its power: worker and executor at once, by SIGKILL."""
        os.killpg(self.group, signal.SIGKILL)


@dataclass(frozen=True)
class Cluster:
    """`url` is a Connect server's whose executors are on the workers."""

    url: str
    workers: list[Worker]
    start_worker: Callable[[], Worker]

    @contextmanager
    def expendable(self) -> Iterator[Worker]:
        """One to kill: another takes its place after the block, dead or not."""
        worker = self.workers.pop()
        try:
            yield worker
        finally:
            with suppress(ProcessLookupError):
                worker.kill()
            self.workers.append(self.start_worker())


@contextmanager
def running_cluster(settings: Settings, workers: int = 2) -> Iterator[Cluster]:
    """All on the loopback, all gone afterwards. The token is in the environment meanwhile.

    `settings.spark` holds everything, as the storage that machines of a cluster share; the
    server's heap is `settings.memory` bytes, an executor's 640 MB.
    """
    java, state = find_java(), settings.spark
    jars = spark_jars(java.program, spark_home(), Silent())
    prepare_folders(state / "machines")
    write_confs(state / "machines" / "conf", {})
    with (state / "machines" / "conf" / "log4j2.properties").open("a") as file:
        file.write(_LOGGING)
    with ExitStack() as machines:
        master, _ = machines.enter_context(
            _machine(java, state, "master", r"Starting Spark master at (\S+)", "--port", "0")
        )
        resources = [master, "--cores", "1", "--memory", "1g"]
        numbers = count()

        def start_worker() -> Worker:
            name = f"worker-{next(numbers)}"
            machine = _machine(java, state, name, r"(Successfully registered)", *resources)
            return Worker(machines.enter_context(machine)[1])

        started = [start_worker() for _ in range(workers)]
        confs = _confs(master, settings.memory, workers, state, jars)
        url = machines.enter_context(serving(state, java, confs))
        yield Cluster(url, started, start_worker)


def _confs(master: str, memory: int, workers: int, state: Path, jars: list[Path]) -> dict[str, str]:
    of_cluster = {
        "spark.master": master,
        "spark.executor.memory": "640m",
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        # The first task waits for all executors.
        "spark.scheduler.minRegisteredResourcesRatio": "1",
    }
    return lakehouse_confs(workers, jars) | server_confs(state, memory) | of_cluster


@contextmanager
def _machine(
    java: Java, state: Path, name: str, told: str, *arguments: str
) -> Iterator[tuple[str, int]]:
    """What it told once it was up, and its process group; its files are `machines/<name>`."""
    folder = state / "machines" / name
    folder.mkdir(exist_ok=True)
    kind = name.partition("-")[0]
    environment = spark_environment(java, state / "machines") | {
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_DIR": str(folder),
        "SPARK_LOCAL_DIRS": str(folder),
    }
    command = [
        str(spark_home() / "bin" / "spark-class"), f"{_DEPLOY}.{kind}.{kind.title()}",
        "--host", "127.0.0.1", "--webui-port", "0", *arguments,
    ]  # fmt: skip
    log = folder / "log"
    with kept(command, environment, folder, log) as process:
        yield wait_for(process, log, told), process.pid
