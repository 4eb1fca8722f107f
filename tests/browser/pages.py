"""A folder in, reports to look at in a browser out: failed, hostile, long, bare.

python -m tests.browser.pages FOLDER
"""

import sys
from datetime import timedelta
from pathlib import Path

from iot_streaming.quality.report import Place, collect, render
from iot_streaming.warehouse import EmbeddedWarehouse
from tests.quality.made_home import NOW, make_home

LATER = ["ledger", "replays", "expectation_results", "error_budgets", "objective_days"]


def write_pages(folder: Path) -> None:
    """Each page's name says what its home is like."""
    homes = {
        "failed": make_home(folder / "failed"),
        "hostile": make_home(folder / "hostile", runs=3, hostile=True),
        "thousand-runs": make_home(folder / "thousand", runs=1000, step=timedelta(hours=1)),
        "bare": make_home(folder / "bare", runs=1, failing=False, without=LATER),
    }
    for name, settings in homes.items():
        warehouse, made_at = EmbeddedWarehouse(settings), NOW + timedelta(minutes=3)
        page = render(collect(warehouse, Place(settings.target), made_at=made_at), "html")
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
