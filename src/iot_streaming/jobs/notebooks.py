"""A notebook file of the bundle in, its cells run on this machine."""

from pathlib import Path
from typing import Any

from iot_streaming.errors import ConfigurationError


def run_notebook(root: Path, path: str, **given: Any) -> None:
    """Execute the very file that is deployed, with `given` in place of Databricks' globals.

    `path` is relative to the bundle's folder `root`. ConfigurationError when there is no such
    file inside of it: nothing from elsewhere is executed. What the notebook raises comes through.
    """
    file = (root / path).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        raise ConfigurationError(f"{path} is no notebook in {root}")
    code = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    exec(code, {"__name__": "__main__", **given})  # noqa: S102 - the project's own code
