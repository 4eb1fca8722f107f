"""The `iot` command as a user without any setting of their own runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IOT = Path(sys.executable).parent / "iot"


def iot(
    *arguments: str, settings: Mapping[str, str] | None = None, **kwargs: Any
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end; exit code, stdout and stderr are the caller's to judge.

    `settings`: the few environment variables that this user did set.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    environment |= settings or {}
    return subprocess.run(
        [IOT, *arguments], capture_output=True, text=True, env=environment, check=False, **kwargs
    )
