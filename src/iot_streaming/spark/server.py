"""Settings in, the sc:// URL of a Spark Connect server on this machine out, for as long as needed.

with connect_server(settings, reporter) as url:
    spark = SparkSession.builder.remote(url).getOrCreate()
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout

import iot_streaming
from iot_streaming.errors import HomeInUse, SparkFailed
from iot_streaming.reporter import Reporter
from iot_streaming.settings import MIB, Settings
from iot_streaming.spark import keeper
from iot_streaming.spark.jars import S3_LOCK, spark_jars
from iot_streaming.spark.java import Java, find_java, java_home, spark_version
from iot_streaming.spark.s3 import reads_s3, s3_confs

MAIN = "org.apache.spark.sql.connect.service.SparkConnectServer"
START_SECONDS = 180
TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 (its name)
_METASTORE = "jdbc:derby:;databaseName=metastore;create=true"
# The server tells its port by one line of INFO.
_LOGGING = f"""rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss}} %p %c{{1}}: %m%n%ex
logger.port.name = {MAIN}
logger.port.level = info
"""


def lakehouse_confs(threads: int, jars: list[Path]) -> dict[str, str]:
    """What makes a Spark the lakehouse's: the same here and on a cluster.

    `threads` is how many tasks can run at once, and so how many a shuffle makes.
    """
    return {
        "spark.jars": ",".join(jar.as_uri() for jar in jars),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.sources.default": "delta",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.shuffle.partitions": str(threads),
        # Delta would make 50 tasks of reading the log of a small table.
        "spark.databricks.delta.snapshotPartitions": "2",
    }


def server_confs(state: Path, memory: int) -> dict[str, str]:
    """What makes it a server for one machine: `memory` bytes of heap, all state in the folder."""
    scratch = state / "tmp"
    return {
        "spark.driver.memory": f"{memory // MIB}m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f'"-Djava.io.tmpdir={scratch}" -Duser.timezone=UTC',
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        "spark.ui.enabled": "false",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(state / "warehouse"),
        # Derby takes it for a path below where the server runs: the state folder.
        "spark.hadoop.javax.jdo.option.ConnectionURL": _METASTORE,
    }


@contextmanager
def connect_server(settings: Settings, reporter: Reporter) -> Iterator[str]:
    """A server with `settings.threads` threads and `settings.memory` bytes of heap.

    With `settings.remote` that URL, and nothing is started. Otherwise the server listens on a
    free port of the loopback and wants a token, which is in this process's environment
    (SPARK_CONNECT_AUTHENTICATE_TOKEN, where Spark's own client looks for it) during the block.
    State, spilled data and `logs/server.log` lie under `settings.spark`; JARs in a cache that
    homes share (see `spark_jars`). However this process ends, the server ends too.

    MissingDependency without the extra or a Java; HomeInUse when another process has a server
    on this home for longer than `settings.wait_seconds`; SparkFailed when the server doesn't come
    up, or when it ended before the block did and the block failed.
    """
    spark_version()
    if settings.remote is not None:
        yield settings.remote
        return
    java = find_java()
    with _only_one(settings):
        is_s3 = reads_s3(settings.landing)
        jars = spark_jars(java.program, spark_home(), reporter)
        if is_s3:
            jars += spark_jars(java.program, spark_home(), reporter, lock=S3_LOCK)
        reporter.say(f"Spark {spark_version()} starts on Java {java.version} ({java.found})")
        confs = {"spark.master": f"local[{settings.threads}]"}
        confs |= lakehouse_confs(settings.threads, jars)
        confs |= server_confs(settings.spark, settings.memory)
        confs |= s3_confs() if is_s3 else {}
        with serving(settings.spark, java, confs) as url:
            yield url


@contextmanager
def serving(state: Path, java: Java, confs: Mapping[str, str]) -> Iterator[str]:
    """A server with these confs, `server_confs` among them; its master is whatever they say."""
    prepare_folders(state)
    write_confs(state / "conf", confs)
    log, token = state / "logs" / "server.log", secrets.token_urlsafe(32)
    submit = str(spark_home() / "bin" / "spark-submit")
    environment = spark_environment(java, state) | {TOKEN: token}
    command = [submit, "--class", MAIN, "spark-internal"]
    with kept(command, environment, state, log) as process, _told(token):
        port = wait_for(process, log, r"server started at: 127\.0\.0\.1:(\d+)")
        try:
            # Spark's client sends a token over an unencrypted channel to this very name only.
            yield f"sc://localhost:{port}"
        except Exception as error:
            # What the caller saw is a broken channel; why it broke is in the log.
            code = process.poll()
            if code is None:
                raise
            raise SparkFailed(f"the Spark server ended with {code}{last(log)}") from error


def spark_home() -> Path:
    """PySpark's own folder: it is a whole Spark."""
    spec = find_spec("pyspark")
    assert spec is not None and spec.origin is not None  # noqa: S101 (spark_version() saw it)
    return Path(spec.origin).parent


def prepare_folders(state: Path) -> None:
    """Make them; what a killed server spilled is of no use to anybody."""
    shutil.rmtree(state / "tmp", ignore_errors=True)
    for name in ("conf", "logs", "tmp", "warehouse"):
        (state / name).mkdir(parents=True, exist_ok=True)


def write_confs(folder: Path, confs: Mapping[str, str]) -> None:
    """As the folder that SPARK_CONF_DIR names: confs and logging, no secret among them."""
    lines = [f"{name} {value}".replace("\\", "\\\\") for name, value in confs.items()]
    (folder / "spark-defaults.conf").write_text("\n".join(lines) + "\n")
    (folder / "log4j2.properties").write_text(_LOGGING)


def spark_environment(java: Java, state: Path) -> dict[str, str]:
    """Of a Spark process: this one's without its Spark settings, and with this Python for UDFs."""
    # What someone set for another Spark, such as SPARK_REMOTE, would stop or bend this one.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARK_", "PYSPARK_", "HADOOP_CONF", "YARN_CONF"))
    }
    packages = [str(Path(iot_streaming.__file__).parents[1]), inherited.get("PYTHONPATH", "")]
    return inherited | {
        "JAVA_HOME": str(java_home(java)),
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(state / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, packages)),
    }


@contextmanager
def kept(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run it in the folder, its output in the log, until the block or this process ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", keeper.__file__, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for this process, which then ends the server in order.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        assert process.stdin is not None  # noqa: S101 (PIPE)
        process.stdin.close()
        try:
            process.wait(2 * keeper.GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(
    process: "subprocess.Popen[bytes]", log: Path, pattern: str, seconds: float = START_SECONDS
) -> str:
    """The first group of the pattern, once the log has it; SparkFailed when it won't."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        code = process.poll()
        if told := re.search(pattern, log.read_text(errors="replace")):
            return told[1]
        if code is not None:
            raise SparkFailed(f"the Spark server ended while it started, with {code}{last(log)}")
        time.sleep(0.1)
    raise SparkFailed(f"the Spark server did not come up within {seconds:g} s{last(log)}")


def last(log: Path) -> str:
    """The end of a message: what the log says that matters, and where it is."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    grave = re.compile(r" (ERROR|FATAL) |Exception|Error|Caused by|Could not")
    # A stack trace's frames say little; its first lines and causes say it.
    told = [line for line in lines if grave.search(line) and not line.startswith("\tat ")]
    # A log that is short says all by itself.
    shown = lines if len(lines) <= 8 else told[-8:] or lines[-8:]
    end = "\n".join(f"  {line[:300]}" for line in shown)
    return f"; the end of {log}:\n{end}\nMend that, then run it again" if end else f"; see {log}"


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Derby serves one process. flock: the kernel lets go of it when the process ends."""
    settings.make_folders()
    settings.spark.mkdir(exist_ok=True)
    lock = FileLock(settings.spark / "server.lock")
    try:
        lock.acquire(timeout=settings.wait_seconds)
    except Timeout:
        raise HomeInUse(
            f"another process runs Spark on {settings.spark} for more than "
            f"{settings.wait_seconds:g} s; let it finish, or choose another --home"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _told(token: str) -> Iterator[None]:
    before = os.environ.get(TOKEN)
    os.environ[TOKEN] = token
    try:
        yield
    finally:
        del os.environ[TOKEN]
        if before is not None:
            os.environ[TOKEN] = before
