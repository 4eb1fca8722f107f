"""The `iot` command as a user without any setting of their own runs it."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

IOT = Path(sys.executable).parent / "iot"

# Each command is a process of its own, but one that begins with what takes seconds to import.
_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["iot_streaming.cli", "dbt.cli.main", "dbt.adapters.duckdb"])


def iot(
    *arguments: str, settings: Mapping[str, str] | None = None, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end; exit code, stdout and stderr are the caller's to judge.

    `settings`: the few environment variables that this user did set.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    environment |= settings or {}
    with tempfile.TemporaryDirectory() as said:
        told = [Path(said) / "stdout", Path(said) / "stderr"]
        given = (arguments, environment, cwd or Path.cwd(), told)
        process = _WARM.Process(target=_command, args=given)
        process.start()
        process.join()
        code = process.exitcode
        process.close()
        assert code is not None
        out, err = (each.read_text(encoding="utf-8") for each in told)
    return subprocess.CompletedProcess([str(IOT), *arguments], code, out, err)


def _command(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, told: Sequence[Path]
) -> None:
    """What the installed command does, in the process that it would have."""
    from iot_streaming.cli import main

    for path, stream in zip(told, (sys.stdout, sys.stderr), strict=True):
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = [str(IOT), *arguments]
    main()
