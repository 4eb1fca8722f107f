"""Tests in, which of them one worker runs together out."""

from xdist.scheduler import LoadScopeScheduling

CLUSTER = ("tests/spark/test_cluster.py", "tests/spark/test_run_on_cluster.py")


class FilesAndTheCluster(LoadScopeScheduling):
    """A file is one worker's: its fixtures are made once. So is what shares the real cluster."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "the cluster" if file in CLUSTER else file
