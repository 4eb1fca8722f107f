"""Where the bundle and its dbt project lie."""

import os
from pathlib import Path

from iot_streaming.errors import ConfigurationError

_CHECKOUT = Path(__file__).resolve().parents[2]


def dbt_project() -> Path:
    """The folder with dbt_project.yml: under IOT_PROJECT, the working folder or the checkout."""
    named = os.environ.get("IOT_PROJECT")
    roots = [Path(named)] if named else [Path.cwd(), *Path.cwd().parents, _CHECKOUT]
    for root in roots:
        folder = root / "databricks" / "dbt"
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise ConfigurationError(
        f"no databricks/dbt/dbt_project.yml in {' or '.join(map(str, roots[:1]))} or above; "
        "run from a checkout of the project, or set IOT_PROJECT to one"
    )


def bundle_root() -> Path:
    """The folder with databricks.yml, the dbt project's parent."""
    return dbt_project().parent
