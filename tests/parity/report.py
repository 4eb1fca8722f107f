"""Runs the scenarios at full size and writes docs/parity.md: `make parity`."""

import sys
import tempfile
from pathlib import Path

from iot_streaming.parity.report import render
from iot_streaming.simulator import Simulation
from iot_streaming.terminal import Terminal
from tests.parity.scenarios import capture, fleet

FLEET = Simulation(devices=30, hours=24)
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


def main() -> int:
    """0 when nothing differs; the page is written either way."""
    inputs = []
    with Terminal() as terminal:
        for scenario in (capture(), fleet(FLEET)):
            with tempfile.TemporaryDirectory() as folder:
                inputs.append(scenario.run(Path(folder), terminal))
    PAGE.write_text(render("make parity", inputs), encoding="utf-8")
    return 0 if all(step.ok for each in inputs for _, step in each.steps) else 1


if __name__ == "__main__":
    sys.exit(main())
