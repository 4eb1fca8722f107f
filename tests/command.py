"""The `iot` command as a user without any setting of their own runs it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

IOT = Path(sys.executable).parent / "iot"


def iot(*arguments: str, **kwargs: Any) -> "subprocess.CompletedProcess[str]":
    """Run it to its end; exit code, stdout and stderr are the caller's to judge."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [IOT, *arguments], capture_output=True, text=True, env=environment, check=False, **kwargs
    )
