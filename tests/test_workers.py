"""What two workers must not both start is one worker's."""

from pathlib import Path

from tests.workers import CLUSTER

ROOT = Path(__file__).parents[1]


def test_all_files_that_use_the_cluster_are_one_workers() -> None:
    tests = (ROOT / "tests" / "spark").rglob("test_*.py")
    using = [path for path in tests if "cluster: Cluster" in path.read_text(encoding="utf-8")]
    assert sorted(str(path.relative_to(ROOT)) for path in using) == sorted(CLUSTER)
