"""What the two engines are made of on this machine, by name."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

# As pip calls them; the lock of `--engine spark` names them all.
PACKAGES = ("duckdb", "deltalake", "dbt-core", "dbt-duckdb", "pyspark", "dbt-spark")


def versions() -> Mapping[str, str]:
    """Python, the system and the packages; what isn't installed is left out."""
    found = {"Python": platform.python_version(), "system": platform.system()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
