"""This machine in, what it lacks and the command that mends it out."""

import os
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from iot_streaming.capture.java import engine_version, java_library
from iot_streaming.errors import ConfigurationError, IotStreamingError, MissingDependency
from iot_streaming.java import java_version
from iot_streaming.landing.opened import landing_of
from iot_streaming.project import dbt_project
from iot_streaming.settings import Settings
from iot_streaming.spark.jars import jars_folder, locked_jars
from iot_streaming.spark.java import find_java, spark_version

_PACKAGES = ("duckdb", "deltalake", "pyarrow", "numpy", "dbt-core", "dbt-duckdb", "filelock")
_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` is empty when it is well."""

    what: str
    ok: bool
    state: str
    mend: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at Python, the local extra, the dbt project, home, landing and the extras."""
    return [
        _python(),
        *[_package(name) for name in _PACKAGES],
        _project(),
        _home(settings),
        _landing(settings),
        *_spark(),
        *_capture(),
    ]


def _python() -> Finding:
    here = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info[:2] >= _PYTHON
    return Finding("python", ok, here, "" if ok else "install Python 3.11 or newer")


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", "pip install 'iot-streaming[local]'")


def _project() -> Finding:
    try:
        return Finding("dbt project", True, str(dbt_project()))
    except ConfigurationError as error:
        return Finding("dbt project", False, "not found", str(error))


def _home(settings: Settings) -> Finding:
    # Looking must not make anything: the nearest folder that is there has to take it.
    there = next(folder for folder in (settings.root, *settings.root.parents) if folder.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        return Finding("home", True, str(settings.home))
    mend = "choose another with --home or IOT_HOME"
    return Finding("home", False, f"{there} can't be written", mend)


def _landing(settings: Settings) -> Finding:
    try:
        landing_of(settings).refuse_missing()
    except IotStreamingError as error:
        mend = f"iot simulate --out {settings.landing}, or name another with --landing"
        return Finding("landing", False, str(error), mend)
    return Finding("landing", True, str(settings.landing))


def _spark() -> list[Finding]:
    """An extra as well; its JARs are fetched when it first runs."""
    try:
        spark = Finding("spark", True, spark_version())
    except MissingDependency:
        return [Finding("spark", True, "not installed, only --engine spark needs it")]
    try:
        java = find_java()
        runtime = Finding("spark java", True, f"{java.version or java.program} by {java.found}")
    except MissingDependency as error:
        runtime = Finding("spark java", False, "not usable", str(error))
    missing = [jar for jar in locked_jars() if not jar.is_in(jars_folder())]
    fetched = "to be fetched by the first run, 13 MB" if missing else str(jars_folder())
    return [spark, runtime, Finding("spark jars", True, fetched)]


def _capture() -> list[Finding]:
    """The engine is an extra: that it isn't there is no fault, that it lacks Java is one."""
    try:
        engine = Finding("capture engine", True, engine_version())
    except MissingDependency:
        return [Finding("capture engine", True, "not installed, only iot capture needs it")]
    try:
        library = java_library()
    except MissingDependency as error:
        return [engine, Finding("java", False, "not usable", str(error))]
    return [engine, Finding("java", True, java_version(library) or str(library))]
