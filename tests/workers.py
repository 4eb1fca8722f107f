"""Tests in, which of them one worker runs together out."""

from xdist.scheduler import LoadScopeScheduling

WITH_SPARK = ("tests/spark/", "tests/parity/")


class FilesAndSpark(LoadScopeScheduling):  # type: ignore[misc] # xdist says no types
    """A file is one worker's: its fixtures are made once. So is all that starts Spark.

    One Spark keeps two cores busy; two would wait for each other until a time is over.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "Spark" if file.startswith(WITH_SPARK) else file
