"""Job names in, their outcome out as ever, and whoever asked for it told how it ended."""

import time
from collections.abc import Sequence

from iot_streaming.jobs import Run, RunResult
from iot_streaming.notify.notices import Notices
from iot_streaming.notify.outcome import Outcome
from iot_streaming.reporter import Reporter
from iot_streaming.settings import Settings


def run_and_tell(
    settings: Settings,
    reporter: Reporter,
    jobs: Sequence[str],
    notices: Notices,
    *,
    waits: bool = True,
) -> RunResult:
    """Run the jobs; what ends the run early is told too, and raised as without notices.

    Ctrl-C is not told: who stopped it knows.
    """
    began = time.monotonic()
    so_far: RunResult | None = None
    try:
        run = Run(settings, reporter, waits=waits)
        so_far = run.result
        result = run.jobs(jobs)
    except Exception as error:
        seconds = time.monotonic() - began
        notices.tell(Outcome.of(settings, so_far, seconds, error), reporter.problem)
        raise
    notices.tell(Outcome.of(settings, result, result.seconds), reporter.problem)
    return result
