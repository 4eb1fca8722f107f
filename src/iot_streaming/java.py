"""A file of a Java runtime in, its version and modules out."""

import re
from pathlib import Path

OLDEST = 17
INSTALL_JAVA = (
    f"install a Java runtime of version {OLDEST} or newer (Debian: apt-get install "
    "default-jre-headless) and, if it isn't found, set JAVA_HOME"
)


def java_version(file: Path) -> str:
    """As the `release` file of the runtime that the file belongs to tells it; empty without one."""
    return _told(file, r'^JAVA_VERSION="(\d+[^"]*)"')


def java_modules(file: Path) -> frozenset[str]:
    """The modules that its `release` file lists; empty when it lists none."""
    return frozenset(_told(file, r'^MODULES="([^"]*)"').split())


def is_too_old(version: str) -> bool:
    """An unknown version isn't."""
    return bool(version) and int(re.split(r"\D", version)[0]) < OLDEST


def _told(file: Path, pattern: str) -> str:
    for folder in file.resolve().parents:
        release = folder / "release"
        if release.is_file():
            found = re.search(pattern, release.read_text(errors="replace"), re.MULTILINE)
            return found[1] if found else ""
    return ""
