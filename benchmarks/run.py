"""Nothing but a size in, one table a section out: on the terminal and in docs/benchmarks.md.

    python benchmarks/run.py [--events N] [--rounds N] [--only NAME …] [--dry-run] [--keep DIR]

Each measured piece of work is a process of its own: CPU, wall time and peak memory are the
kernel's. What is compared takes turns, so that a noisy machine is noisy for all. Each section
writes its table between its marks on the page, and checks what was measured: rows against what the
simulator says it wrote.
"""

import argparse
import tempfile
from pathlib import Path

from bench import Bench, Section
from changes import bench_changes
from comparison import bench_peers
from costs import tell
from engines import bench_engines
from follow import bench_follow
from growth import bench_growth
from ingestion import bench_ingestion
from readers import bench_readers
from report import write_section
from serving import bench_serving
from start_up import bench_start_up
from whole_run import bench_whole_run

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
SECTIONS: dict[str, Section] = {
    "peers": bench_peers,
    "ingestion": bench_ingestion,
    "engines": bench_engines,
    "whole-run": bench_whole_run,
    "changes": bench_changes,
    "growth": bench_growth,
    "start-up": bench_start_up,
    "follow": bench_follow,
    "serving": bench_serving,
    "readers": bench_readers,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=Bench.events)
    parser.add_argument("--rounds", type=int, default=Bench.rounds)
    sizes = ",".join(map(str, Bench.histories))
    parser.add_argument("--history", default=sizes, help=f"sizes of growth: {sizes}")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="run these sections")
    parser.add_argument("--dry-run", action="store_true", help="leave the page as it is")
    parser.add_argument("--keep", type=Path, help="make the files here and leave them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="iot-bench-") as temporary:
        histories = tuple(int(events) for events in arguments.history.split(","))
        work = arguments.keep or Path(temporary)
        bench = Bench(work, arguments.events, arguments.rounds, histories)
        for name in arguments.only or SECTIONS:
            tell(f"{name} begins")
            text = SECTIONS[name](bench).markdown()
            print(f"\n## {name}\n\n{text}", flush=True)
            if not arguments.dry_run:
                write_section(PAGE, name, text)


if __name__ == "__main__":
    main()
