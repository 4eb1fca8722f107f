"""The same files for every peer in, one table of what each costs and what each can do out."""

import shutil
from functools import partial
from pathlib import Path

from abilities import COLUMNS, Work, abilities
from bench import Bench, size_of
from costs import Cost, in_turn, ratios
from iot_streaming.simulator import Simulation
from peers import FLOOR, OURS, PEERS, Peer
from report import COSTS, Table, checked, cost_cells, missing, spread

_MOST = 1_000_000  # of the run's events: dlt and Spark take their time
_TRIED = 5_000


def bench_peers(bench: Bench) -> Table:
    """Every installed peer in turn on clean files, then each by itself on the other questions."""
    simulation = Simulation.sized(min(bench.events, _MOST), hours=48, faults="none")
    landing, manifest = bench.simulated("clean", simulation)
    folder, lines = bench.folder("peers"), manifest.sources["iot_events"].lines
    there = [peer for peer in PEERS if not missing(peer.PACKAGES)]
    counted: dict[str, int] = {}

    def once(peer: Peer, _: int) -> Cost:
        work = Work(peer, landing, folder / "out")
        work.out.mkdir()
        try:
            cost = work.run()
            # A row of NULLs is no event.
            counted[peer.TITLE] = work.rows("r.event_id is not null")
        finally:
            shutil.rmtree(work.out)
        return cost

    costs = in_turn(bench.rounds, {peer.TITLE: partial(once, peer) for peer in there})
    rows = [
        _row(peer, costs, counted, lines, folder) if peer.TITLE in costs else _absent(peer)
        for peer in PEERS
    ]
    return Table(
        f"{size_of(manifest)}, without faults; medians of {bench.rounds} rounds",
        (*COSTS, "CPU to floor", "wall to floor", "rows", *COLUMNS),
        rows,
        [_beside_ours(costs)] if OURS.TITLE in costs else [],
        tuple(sorted({name for peer in PEERS for name in peer.PACKAGES})),
    )


def _row(
    peer: Peer, costs: dict[str, list[Cost]], counted: dict[str, int], lines: int, folder: Path
) -> tuple[str, ...]:
    own, floor = costs[peer.TITLE], costs[FLOOR.TITLE]
    to_floor = (spread(ratios(own, floor, figure)) for figure in ("cpu", "wall"))
    return (
        *cost_cells(peer.TITLE, own),
        *to_floor,
        checked(counted[peer.TITLE], lines),
        *abilities(peer, folder / Path(peer.__file__).stem, _TRIED),
    )


def _absent(peer: Peer) -> tuple[str, ...]:
    why = "not installed" if missing(peer.PACKAGES) else "fails"
    return (peer.TITLE, why, *[""] * (5 + len(COLUMNS)))


def _beside_ours(costs: dict[str, list[Cost]]) -> str:
    ours = costs[OURS.TITLE]
    beside = (
        f"{title} {spread(ratios(own, ours))}" for title, own in costs.items() if own is not ours
    )
    return f"CPU to {OURS.TITLE}: {'; '.join(beside)}"
