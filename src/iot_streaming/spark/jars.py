"""The lock of Spark's extra JARs in, the very same JARs in a cache that homes share out."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from xml.sax.saxutils import quoteattr

from filelock import FileLock

from iot_streaming.errors import ConfigurationError, SparkFailed
from iot_streaming.reporter import Reporter
from iot_streaming.settings import cache_folder

LOCK = Path(__file__).with_name("jars.lock")
S3_LOCK = Path(__file__).with_name("jars-s3.lock")
_FETCH_SECONDS = 900
# Ivy knows Maven Central by itself.
_IVY_SETTINGS = """<ivysettings>
  <settings defaultResolver="central"/>
  <resolvers><ibiblio name="central" m2compatible="true"/></resolvers>
</ivysettings>
"""


@dataclass(frozen=True)
class Jar:
    """One line of the lock: Maven coordinates and the sha256 of the file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.group}_{self.artifact}-{self.version}.jar"

    def is_in(self, folder: Path) -> bool:
        """Whether the folder has this very file; another content is as good as none."""
        try:
            with (folder / self.name).open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == self.sha256
        except FileNotFoundError:
            return False


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    """What the lock names, in its order."""
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    return [Jar(*line.replace(":", " ").split()) for line in lines]


def jars_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the JARs are kept for all homes."""
    return cache_folder(environment) / "jars"


def spark_jars(
    java: Path,
    spark_home: Path,
    reporter: Reporter,
    environment: Mapping[str, str] = os.environ,
    lock: Path = LOCK,
) -> list[Path]:
    """Every locked JAR, checked; what isn't in the cache yet is fetched, once for all processes.

    They come from Maven Central, or from where IOT_IVY_SETTINGS says: the path of an
    ivysettings.xml, the same file that Spark takes as `spark.jars.ivySettings`. SparkFailed when
    they can't be had, or aren't the ones that were locked: then nothing is kept.
    """
    folder, jars = jars_folder(environment), locked_jars(lock)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        missing = [jar for jar in jars if not jar.is_in(folder)]
        if missing:
            what = "S3" if lock == S3_LOCK else "Delta"
            reporter.say(f"fetching {len(missing)} JARs for {what}, about 13 MB, into {folder}")
            with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as fresh:
                _fetch(missing, Path(fresh), java, spark_home, _settings_file(environment))
                _take_over(missing, Path(fresh), folder, lock)
    return [folder / jar.name for jar in jars]


def _settings_file(environment: Mapping[str, str]) -> Path | None:
    told = environment.get("IOT_IVY_SETTINGS")
    if told and not Path(told).is_file():
        raise ConfigurationError(f"IOT_IVY_SETTINGS names {told}, which is no file")
    return Path(told) if told else None


def _fetch(
    jars: list[Jar], folder: Path, java: Path, spark_home: Path, settings: Path | None
) -> None:
    """By the Ivy that Spark brings along. Its own cache lasts no longer than the fetch."""
    (folder / "ivy.xml").write_text(_ivy_file(jars))
    if settings is None:
        settings = folder / "ivysettings.xml"
        settings.write_text(_IVY_SETTINGS)
    command: list[str | Path] = [
        java, "-cp", f"{spark_home}/jars/*", "org.apache.ivy.Main", "-warn",
        "-settings", settings, "-ivy", folder / "ivy.xml", "-cache", folder / "ivy",
        "-confs", "default", "-types", "jar", "bundle",
        "-retrieve", f"{folder}/[organisation]_[artifact]-[revision].jar",
    ]  # fmt: skip
    try:
        outcome = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SparkFailed(_cannot_fetch(f"it took more than {_FETCH_SECONDS} s")) from None
    if outcome.returncode:
        lines = [line.strip(": \t") for line in outcome.stdout.splitlines()]
        raise SparkFailed(_cannot_fetch("\n".join(line for line in lines if line)[-2000:]))


def _ivy_file(jars: list[Jar]) -> str:
    dependencies = "\n".join(
        f"<dependency org={quoteattr(jar.group)} name={quoteattr(jar.artifact)} "
        f'rev={quoteattr(jar.version)} conf="default->default" transitive="false"/>'
        for jar in jars
    )
    return (
        '<ivy-module version="2.0"><info organisation="iot_streaming" module="spark"/>\n'
        '<configurations><conf name="default"/></configurations>\n'
        f"<dependencies>\n{dependencies}\n</dependencies></ivy-module>\n"
    )


def _take_over(jars: list[Jar], fresh: Path, folder: Path, lock: Path) -> None:
    other = [jar.name for jar in jars if not jar.is_in(fresh)]
    if other:
        raise SparkFailed(
            f"{', '.join(other)} came with another sha256 than {lock.name} has, and was not kept: "
            "look at the mirror or proxy that serves it (IOT_IVY_SETTINGS)"
        )
    for jar in jars:
        (fresh / jar.name).replace(folder / jar.name)


def _cannot_fetch(why: str) -> str:
    return (
        f"the JARs that Spark needs could not be fetched: {why}\n"
        "They are needed once and then kept. Let this machine reach Maven Central, or name a "
        "mirror by an ivysettings.xml in IOT_IVY_SETTINGS; a proxy goes into JAVA_TOOL_OPTIONS "
        "as -Dhttps.proxyHost=… -Dhttps.proxyPort=…"
    )
