"""A command as arguments in; it runs until it ends, or until whoever started it is gone.

Its owner holds the other end of standard input. However the owner ends, SIGKILL too, the system
closes that end, and the command is ended. Run by path, so it needs nothing but Python.
"""

import os
import signal
import subprocess
import sys
import threading

GRACE = 8.0  # seconds between asking the command to end and ending it


def keep(command: list[str]) -> int:
    """Run it; its exit code, or 128 and more for a signal."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    threading.Thread(target=_end_with_owner, args=(process,), daemon=True).start()
    code = process.wait()
    # What it started and left behind is in this process's group.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    return code if code >= 0 else 128 - code


def _end_with_owner(process: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1024):
        pass
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
