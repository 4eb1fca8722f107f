"""What two workers must not both start is one worker's."""

import re
from pathlib import Path

from tests.workers import WITH_SPARK

ROOT = Path(__file__).parents[1]
STARTS_SPARK = re.compile(r"(connect_server|running_cluster|on_spark)\(")


def test_all_files_that_start_spark_are_one_workers() -> None:
    files = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in (ROOT / "tests").rglob("*.py")
    }
    starting = [file for file, text in files.items() if STARTS_SPARK.search(text)]
    assert len(starting) >= 3
    assert [file for file in starting if not file.startswith(WITH_SPARK)] == []
