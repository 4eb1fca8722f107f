"""What a run of jobs came to, as plain data."""

from dataclasses import asdict, dataclass, field
from typing import Any

from iot_streaming.bronze.ingest import Ingested
from iot_streaming.transform import NodeResult, Transformed


@dataclass
class JobResult:
    """A job's outcome: what it did and what a person must see to.

    `failures` stop the jobs after it. `attention` doesn't: the data that could be read goes on,
    and the run still says that not all is well. `warnings` are checks that only want a look.
    """

    job: str
    seconds: float = 0
    failures: list[str] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ingested: list[Ingested] = field(default_factory=list)
    transformed: list[Transformed] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.failures and not self.attention


@dataclass
class RunResult:
    """All jobs of one run, in order.

    Of event lines, so far: `silver` are in silver, `released` of those that were quarantined silver
    reads by now, `duplicates` silver has under another line's id. None unless this run brought
    silver up to date.
    """

    run_id: str
    target: str
    jobs: list[JobResult] = field(default_factory=list)
    seconds: float = 0
    duplicates: int | None = None
    released: int | None = None
    silver: int | None = None

    @property
    def ok(self) -> bool:
        return all(job.ok for job in self.jobs)

    @property
    def status(self) -> str:
        """passed, attention (done, but something wants a person) or failed."""
        if any(job.failures for job in self.jobs):
            return "failed"
        return "passed" if self.ok else "attention"

    def nodes(self, kind: str, *statuses: str) -> list[NodeResult]:
        """The dbt nodes of a kind that ended in one of the statuses (none: any).

        A test that two jobs ran is one node, as it ended last.
        """
        steps = [step for job in self.jobs for step in job.transformed]
        last = {node.unique_id: node for step in steps for node in step.nodes}
        return [
            node
            for node in last.values()
            if node.kind == kind and (not statuses or node.status in statuses)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for --json."""
        return asdict(self) | {"ok": self.ok, "status": self.status}
