"""What the two engines are made of on this machine, by name."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from iot_streaming.spark.java import find_java

# As pip calls them; the lock of `--engine spark` names them all.
PACKAGES = ("duckdb", "deltalake", "dbt-core", "dbt-duckdb", "pyspark", "dbt-spark")


def versions() -> Mapping[str, str]:
    """Python, Java, the system and the packages; a package that isn't installed is left out.

    MissingDependency without a Java that Spark runs on.
    """
    java = find_java().version
    found = {"Python": platform.python_version(), "Java": java, "system": platform.system()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
