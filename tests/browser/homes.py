"""A folder in, two homes in it that runs have filled out: an ordinary one and a hostile one.

python -m tests.browser.homes FOLDER [DEVICES HOURS]   makes FOLDER/ordinary and FOLDER/hostile
python -m tests.browser.homes --more HOME              lands more files there, and runs again
"""

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from iot_streaming.simulator import Simulation, simulate
from tests.browser.hostile import write_hostile
from tests.command import IOT

# What lands while somebody looks: the hours after those that are there.
_LATER = "later"


def make_homes(folder: Path, devices: int, hours: float) -> None:
    """Both at the same time, by real runs."""
    ordinary, hostile = folder / "ordinary", folder / "hostile"
    simulation = Simulation(devices=devices, hours=hours)
    simulate(simulation, ordinary / "landing")
    hold_back(ordinary, simulation)
    simulate(Simulation(devices=6, hours=6, faults="none"), hostile / "landing")
    write_hostile(hostile / "landing")
    runs = [subprocess.Popen([IOT, "run", "--home", home]) for home in (ordinary, hostile)]
    ended = [run.wait() for run in runs]
    if any(ended):
        raise SystemExit(f"the runs ended with {ended}")


def hold_back(home: Path, simulation: Simulation) -> None:
    """Readings of the last two hours have not landed yet."""
    since = simulation.start + timedelta(hours=simulation.hours - 2)
    for path in sorted((home / "landing" / "iot_events").rglob("*.ndjson")):
        # Named iot_events-<begin>-<number>.ndjson.
        if path.name.split("-")[1] >= f"{since:%Y%m%dT%H%M}":
            kept = home / _LATER / path.relative_to(home / "landing")
            kept.parent.mkdir(parents=True, exist_ok=True)
            path.rename(kept)


def land_more(home: Path) -> int:
    """What was held back lands, and a run takes it in; its exit code."""
    shutil.copytree(home / _LATER, home / "landing", dirs_exist_ok=True)
    return subprocess.run([IOT, "run", "--home", home], check=False).returncode


if __name__ == "__main__":
    if sys.argv[1] == "--more":
        sys.exit(land_more(Path(sys.argv[2])))
    make_homes(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
