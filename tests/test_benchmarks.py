"""What the benchmarks count: the CPU of processes that nobody waits for, as Spark leaves them."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
# A second of CPU each: a child whose parent ignores its end, an orphan, and one waited for.
_WORK = """
import os, signal, time
def work():
    while time.process_time() < 1: pass
    os._exit(0)
if os.fork():
    os.wait()
    if not os.fork():
        if not os.fork():
            time.sleep(0.2)
            work()
        os._exit(0)
    os.wait()
else:
    work()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if not os.fork():
    while time.process_time() < 1: pass
    time.sleep(1)
    os._exit(0)
try:
    os.wait()
except ChildProcessError:
    pass
"""
_MEASURE = """
import sys
from costs import measured
from unwaited import Unwaited
with Unwaited() as unwaited:
    cost = measured(sys.executable, "-c", sys.argv[1])
print(cost.cpu, unwaited.cpu)
"""


def test_processes_that_nobody_waits_for_are_counted_once() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", _MEASURE, _WORK],
        cwd=BENCHMARKS,
        capture_output=True,
        text=True,
        check=True,
    )
    waited, unwaited = map(float, outcome.stdout.split())
    assert 1 <= waited < 1.5
    assert 1.9 <= unwaited < 2.5
