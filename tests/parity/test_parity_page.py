"""docs/parity.md is of these models and these versions; `make parity` writes it anew."""

import re
from pathlib import Path

from iot_streaming.parity.report import tables_told, versions_told
from iot_streaming.parity.versions import PACKAGES
from iot_streaming.sources import SOURCES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
DBT = ROOT / "databricks" / "dbt"


def test_page_has_every_source_seed_and_model() -> None:
    declared = {f"dev_bronze.{source.name}" for source in SOURCES}
    declared |= {f"dev_silver.{path.stem}" for path in (DBT / "seeds").glob("*.csv")}
    declared |= {f"dev_silver.{path.stem}" for path in (DBT / "models" / "staging").glob("*.sql")}
    declared |= {f"dev_gold.{path.stem}" for path in (DBT / "models" / "marts").rglob("*.sql")}
    assert tables_told(PAGE) == declared


def test_page_is_of_the_locked_versions() -> None:
    lock = (ROOT / "requirements" / "spark.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==([^ ]+)", lock, flags=re.MULTILINE))
    told = versions_told(PAGE)
    assert {name: told.get(name) for name in PACKAGES} == {name: locked[name] for name in PACKAGES}


def test_page_tells_of_no_difference() -> None:
    assert "**No difference**" in PAGE
