"""A resolved bundle and a price list in, what its schedule costs a month out, line by line.

Only what the schedule starts is counted: machines and DBUs. Not in it: storage (S3, the disks of
the machines), network, and what people run by hand.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iot_streaming.bundle.cron import times_of_day
from iot_streaming.errors import ConfigurationError

HOURS_A_MONTH = 730.0
PRICES = Path(__file__).with_name("prices.toml")
_RESOURCE = re.compile(r"\$\{resources\.(\w+)\.(\w+)\.id\}")


@dataclass(frozen=True)
class Prices:
    """Dollars per DBU by kind and per machine hour; minutes that one run of the chain takes."""

    as_of: str
    region: str
    sources: dict[str, str]
    dbu: dict[str, float]
    nodes: dict[str, dict[str, float]]
    start_minutes: float
    pipeline_minutes: float
    notebook_minutes: float

    @classmethod
    def read(cls, path: Path = PRICES) -> "Prices":
        """A price list; ConfigurationError when it can't be read or lacks a part."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            minutes = table["minutes"]
            return cls(
                as_of=str(table["as_of"]),
                region=table["region"],
                sources=table["sources"],
                dbu=table["dbu"],
                nodes=table["nodes"],
                start_minutes=minutes["start"],
                pipeline_minutes=minutes["pipeline"],
                notebook_minutes=minutes["notebooks"],
            )
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(f"the price list can't be read: {error}") from error
        except KeyError as error:
            raise ConfigurationError(f"{path}: {error} is missing; see {PRICES}") from error

    def node(self, node_type: str) -> dict[str, float]:
        if node_type not in self.nodes:
            raise ConfigurationError(
                f"no price for {node_type}; the list knows {', '.join(self.nodes)}: "
                "add it to a copy and give that with --prices"
            )
        return self.nodes[node_type]


@dataclass(frozen=True)
class Line:
    """One position of the bill: `hours` of all machines together a month, times `rate` dollars."""

    what: str
    hours: float
    rate: float

    @property
    def usd(self) -> float:
        return self.hours * self.rate

    def to_dict(self) -> dict[str, Any]:
        return {"what": self.what, "hours": self.hours, "rate": self.rate, "usd": self.usd}


@dataclass(frozen=True)
class Machines:
    """The machines of one cluster, and how long they are up for one run.

    `paid` are minutes that the cloud charges, `billed` those of them that DBUs are charged for.
    """

    name: str
    spec: dict[str, Any]
    dbu_kind: str
    paid: float
    billed: float
    remark: str


@dataclass(frozen=True)
class Estimate:
    """What a target's schedule costs a month."""

    runs: float
    lines: tuple[Line, ...]
    remarks: tuple[str, ...]

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        lines = [line.to_dict() for line in self.lines]
        return {"usd": self.usd, "runs": self.runs, "lines": lines, "remarks": self.remarks}


def estimate(bundle: dict[str, Any], prices: Prices) -> Estimate:
    """The monthly cost of a resolved bundle's schedule (see bundle.resolve).

    ConfigurationError for what the price list does not cover: serverless, Photon, other machines.
    """
    lines: list[Line] = []
    remarks: list[str] = []
    runs = 0.0
    for name, cron in _schedules(bundle):
        job_runs = runs_a_day(cron) * HOURS_A_MONTH / 24
        runs += job_runs
        for machines in _machines(bundle, name, HOURS_A_MONTH * 60 / job_runs, prices):
            lines += _lines(machines, job_runs, prices)
            remarks.append(f"{machines.name}: {machines.remark}")
    return Estimate(runs, tuple(lines), tuple(remarks))


def cheaper(bundle: dict[str, Any], prices: Prices) -> list[tuple[str, float]]:
    """What would make it cheaper: (the change, dollars a month with it and all before it)."""
    changed = deepcopy(bundle)
    found = []
    for what, change in _CHANGES:
        before = estimate(changed, prices).usd
        change(changed)
        after = estimate(changed, prices).usd
        if after < before - 0.005:
            found.append((what, after))
    return found


def bill(target: str, bundle: dict[str, Any], prices: Prices) -> str:
    """What a target costs, line by line, what was assumed, and what would make it cheaper."""
    found = estimate(bundle, prices)
    width = max((len(line.what) for line in found.lines), default=0)
    return "\n".join(
        [
            f"{target}: ${found.usd:,.2f} a month for {found.runs:,.0f} scheduled runs",
            *(
                f"  {line.what:<{width}} {line.hours:7,.1f} h × ${line.rate:.2f} = ${line.usd:,.2f}"
                for line in found.lines
            ),
            *(f"  {remark}" for remark in found.remarks),
            f"prices of {prices.as_of}, {prices.region}; storage, disks and network not counted",
            *(f"  {what}: {source}" for what, source in prices.sources.items()),
            "cheaper, each on top of those before it:",
            *(f"  ${usd:,.2f}: {what}" for what, usd in cheaper(bundle, prices)),
        ]
    )


def runs_a_day(cron: str) -> int:
    """How often a Quartz schedule fires a day; every day alike, or ConfigurationError.

    >>> runs_a_day("0 0/15 * * * ?")
    96
    """
    times = times_of_day(cron)
    if any(field not in ("*", "?") for field in cron.split()[3:]):
        raise ConfigurationError(f"{cron!r}: only schedules that are the same every day are priced")
    return len(times)


def _schedules(bundle: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, job in bundle["resources"].get("jobs", {}).items():
        schedule = job.get("schedule")
        if schedule and schedule.get("pause_status") != "PAUSED":
            yield name, schedule["quartz_cron_expression"]


def _tasks(bundle: dict[str, Any], job: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(job, task) of a job and of the jobs that it runs."""
    for task in bundle["resources"]["jobs"][job]["tasks"]:
        if "run_job_task" in task:
            yield from _tasks(bundle, _named(task["run_job_task"]["job_id"], "jobs"))
        else:
            yield job, task


def _named(reference: str, kind: str) -> str:
    match = _RESOURCE.fullmatch(reference)
    if not match or match[1] != kind:
        raise ConfigurationError(f"{reference!r} is none of the bundle's {kind}")
    return match[2]


def _machines(
    bundle: dict[str, Any], job: str, interval: float, prices: Prices
) -> Iterator[Machines]:
    """The clusters that one run of a job keeps up; `interval` minutes lie between two runs."""
    tasks = list(_tasks(bundle, job))
    notebooks = [(owner, task) for owner, task in tasks if "notebook_task" in task]
    each = prices.notebook_minutes / max(len(notebooks), 1)
    for _, task in tasks:
        if "pipeline_task" in task:
            yield _pipeline(
                bundle, _named(task["pipeline_task"]["pipeline_id"], "pipelines"), prices
            )
    for cluster, count in _counted(task.get("existing_cluster_id") for _, task in notebooks):
        yield _shared(bundle, _named(cluster, "clusters"), count * each, interval, prices)
    own = ((owner, task.get("job_cluster_key")) for owner, task in notebooks)
    for (owner, key), count in _counted(pair if pair[1] else None for pair in own):
        yield _job_cluster(bundle, owner, key, count * each, prices)


def _counted(values: Iterator[Any]) -> list[tuple[Any, int]]:
    found = [value for value in values if value is not None]
    return [(value, found.count(value)) for value in dict.fromkeys(found)]


def _pipeline(bundle: dict[str, Any], name: str, prices: Prices) -> Machines:
    pipeline = bundle["resources"]["pipelines"][name]
    if pipeline.get("serverless") or pipeline.get("photon"):
        raise ConfigurationError(
            f"pipeline {name}: serverless and Photon are not in the price list"
        )
    kind = f"pipeline_{str(pipeline.get('edition', 'ADVANCED')).lower()}"
    spec: dict[str, Any] = next(iter(pipeline.get("clusters", [])), {})
    work = prices.pipeline_minutes
    remark = f"starts for each run, {work:g} min of work"
    return Machines(name, spec, kind, prices.start_minutes + work, work, remark)


def _shared(
    bundle: dict[str, Any], name: str, work: float, interval: float, prices: Prices
) -> Machines:
    """An all-purpose cluster: it idles before it stops, or never stops between two runs."""
    spec = bundle["resources"]["clusters"][name]
    idle = float(spec.get("autotermination_minutes", 0))
    if idle == 0 or work + idle + prices.start_minutes >= interval:
        remark = f"never stops: {interval:g} min from run to run, it would stop after {idle:g} idle"
        return Machines(name, spec, "all_purpose", interval, interval, remark)
    paid = prices.start_minutes + work + idle
    remark = f"{work:g} min of work, then {idle:g} min idle before it stops, each run"
    return Machines(name, spec, "all_purpose", paid, work + idle, remark)


def _job_cluster(
    bundle: dict[str, Any], job: str, key: str, work: float, prices: Prices
) -> Machines:
    clusters = bundle["resources"]["jobs"][job].get("job_clusters", [])
    spec = next((each["new_cluster"] for each in clusters if each["job_cluster_key"] == key), None)
    if spec is None:
        raise ConfigurationError(f"job {job}: no job cluster {key!r}")
    remark = f"starts for each run, {work:g} min of work, no idling"
    return Machines(f"{job}.{key}", spec, "jobs", prices.start_minutes + work, work, remark)


def _lines(machines: Machines, runs: float, prices: Prices) -> list[Line]:
    spec = machines.spec
    if spec.get("runtime_engine") == "PHOTON":
        raise ConfigurationError(f"{machines.name}: Photon is not in the price list")
    count = 1 + int(spec.get("autoscale", {}).get("max_workers", spec.get("num_workers", 0)))
    node = prices.node(spec["node_type_id"])
    aws = spec.get("aws_attributes", {})
    spot = str(aws.get("availability", "ON_DEMAND")).startswith("SPOT")
    on_demand = min(count, int(aws.get("first_on_demand", 1))) if spot else count
    paid, billed = runs * machines.paid / 60, runs * machines.billed / 60
    rate = prices.dbu[machines.dbu_kind]
    where = f"{machines.name}, {spec['node_type_id']}"
    lines = [
        Line(f"{where} on demand × {on_demand}", paid * on_demand, node["on_demand"]),
        Line(f"{where} spot × {count - on_demand}", paid * (count - on_demand), node["spot"]),
        Line(
            f"{machines.name}, DBU {machines.dbu_kind} at {rate:g}",
            billed * count,
            rate * node["dbu_per_hour"],
        ),
    ]
    return [line for line in lines if line.hours]


def _stop_sooner(bundle: dict[str, Any]) -> None:
    for cluster in bundle["resources"].get("clusters", {}).values():
        cluster["autotermination_minutes"] = min(cluster.get("autotermination_minutes", 10), 10)


def _one_machine_a_pipeline(bundle: dict[str, Any]) -> None:
    for pipeline in bundle["resources"].get("pipelines", {}).values():
        for cluster in pipeline.get("clusters", []):
            cluster.pop("autoscale", None)
            cluster["num_workers"] = 0


def _every(cron: str) -> Callable[[dict[str, Any]], None]:
    def change(bundle: dict[str, Any]) -> None:
        for job in bundle["resources"].get("jobs", {}).values():
            old = job.get("schedule")
            if old and runs_a_day(old["quartz_cron_expression"]) > runs_a_day(cron):
                old["quartz_cron_expression"] = cron

    return change


_CHANGES = (
    ("stop the shared cluster after 10 idle minutes", _stop_sooner),
    ("let the pipeline run on one machine (num_workers: 0)", _one_machine_a_pipeline),
    ("run every hour", _every("0 0 * * * ?")),
    ("run every 3 hours", _every("0 0 0/3 * * ?")),
    ("run every 6 hours", _every("0 0 0/6 * * ?")),
    ("run every 8 hours", _every("0 0 0/8 * * ?")),
    ("run once a day", _every("0 0 0 * * ?")),
)


def with_minutes(prices: Prices, pipeline: float | None, notebooks: float | None) -> Prices:
    """The price list with measured minutes in place of the assumed ones."""
    return replace(
        prices,
        pipeline_minutes=prices.pipeline_minutes if pipeline is None else pipeline,
        notebook_minutes=prices.notebook_minutes if notebooks is None else notebooks,
    )
