"""A bundle and prices in, dollars out: the arithmetic, by hand on small numbers."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from iot_streaming.bundle import resolve
from iot_streaming.cost import Prices, bill, cheaper, estimate, runs_a_day, with_minutes
from iot_streaming.errors import ConfigurationError
from tests.command import iot

ROOT = Path(__file__).parents[1]

PRICES = Prices(
    as_of="2026-01-01",
    region="nowhere",
    sources={"all": "made up for the test"},
    dbu={"all_purpose": 0.5, "jobs": 0.1, "pipeline_advanced": 0.3},
    nodes={"small": {"on_demand": 1.0, "spot": 0.25, "dbu_per_hour": 2.0}},
    start_minutes=6,
    pipeline_minutes=12,
    notebook_minutes=15,
)
SPOT = {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 0}
BUNDLE: dict[str, Any] = {
    "resources": {
        "clusters": {
            "shared": {
                "node_type_id": "small",
                "num_workers": 0,
                "autotermination_minutes": 9,
                "aws_attributes": SPOT,
            }
        },
        "pipelines": {
            "bronze": {
                "edition": "ADVANCED",
                "clusters": [{"node_type_id": "small", "num_workers": 2, "aws_attributes": SPOT}],
            }
        },
        "jobs": {
            "chain": {
                "schedule": {"quartz_cron_expression": "0 0 * * * ?"},
                "tasks": [
                    {"pipeline_task": {"pipeline_id": "${resources.pipelines.bronze.id}"}},
                    {"run_job_task": {"job_id": "${resources.jobs.dbt.id}"}},
                ],
            },
            "dbt": {
                "tasks": [
                    {
                        "notebook_task": {},
                        "existing_cluster_id": "${resources.clusters.shared.id}",
                    },
                ]
            },
        },
    }
}


def changed(**cluster: Any) -> dict[str, Any]:
    bundle = deepcopy(BUNDLE)
    bundle["resources"]["clusters"]["shared"].update(cluster)
    return bundle


def scheduled(cron: str, **more: str) -> dict[str, Any]:
    bundle = deepcopy(BUNDLE)
    bundle["resources"]["jobs"]["chain"]["schedule"] = {"quartz_cron_expression": cron, **more}
    return bundle


def dollars(bundle: dict[str, Any]) -> list[float]:
    return [round(line.usd, 6) for line in estimate(bundle, PRICES).lines]


def test_machines_are_paid_while_they_start_and_dbus_once_they_run() -> None:
    # 730 runs. Pipeline: 3 machines, 18 min paid, 12 min billed, 2 DBU an hour.
    # Shared: 6 to start, 15 of work, 9 idle: 30 min paid, 24 min billed.
    assert dollars(BUNDLE) == [
        pytest.approx(730 * 3 * 18 / 60 * 0.25),
        pytest.approx(730 * 3 * 12 / 60 * 2 * 0.3),
        pytest.approx(730 * 30 / 60 * 0.25),
        pytest.approx(730 * 24 / 60 * 2 * 0.5),
    ]


def test_a_cluster_that_idles_longer_than_the_schedule_lets_it_never_stops() -> None:
    found = estimate(changed(autotermination_minutes=60), PRICES)
    assert [line.hours for line in found.lines[2:]] == [pytest.approx(730), pytest.approx(730)]
    assert "never stops" in found.remarks[-1]


def test_the_first_machines_are_on_demand_when_asked_for() -> None:
    aws = {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 1}
    found = estimate(changed(num_workers=1, aws_attributes=aws), PRICES).lines
    assert [line.rate for line in found[2:4]] == [1.0, 0.25]
    assert found[2].hours == found[3].hours
    all_on_demand = estimate(changed(aws_attributes={}), PRICES).lines
    assert all_on_demand[2].rate == 1.0


def test_a_job_cluster_does_not_idle_and_has_the_jobs_rate() -> None:
    bundle = deepcopy(BUNDLE)
    dbt = bundle["resources"]["jobs"]["dbt"]
    dbt["tasks"][0] = {"notebook_task": {}, "job_cluster_key": "own"}
    spec = bundle["resources"]["clusters"].pop("shared")
    dbt["job_clusters"] = [{"job_cluster_key": "own", "new_cluster": spec}]
    assert dollars(bundle)[2:] == [
        pytest.approx(730 * 21 / 60 * 0.25),
        pytest.approx(730 * 15 / 60 * 2 * 0.1),
    ]


def test_a_paused_schedule_costs_nothing() -> None:
    paused = scheduled("0 0 * * * ?", pause_status="PAUSED")
    assert estimate(paused, PRICES).usd == 0
    assert bill("dev", paused, PRICES).startswith("dev: $0.00 a month for 0 scheduled runs")


def test_what_makes_it_cheaper_is_each_time_less_and_what_is_no_change_is_left_out() -> None:
    found = cheaper(BUNDLE, PRICES)
    amounts = [estimate(BUNDLE, PRICES).usd, *(usd for _, usd in found)]
    assert amounts == sorted(amounts, reverse=True) and len(amounts) > 3
    assert not any("idle" in what or "every hour" in what for what, _ in found)


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("0 0 * * * ?", 24),
        ("0 0/15 * * * ?", 96),
        ("0 5,35 6-18 * * ?", 26),
        ("0 30 4 * * ?", 1),
        ("0 0 1/8 * * ?", 3),
        ("0 0 0 ? * * *", 1),
    ],
)
def test_runs_a_day_of_a_quartz_schedule(cron: str, times: int) -> None:
    assert runs_a_day(cron) == times


@pytest.mark.parametrize(
    "cron", ["0 0 0 ? * MON", "0 0", "0 61 * * * ?", "0 0/0 * * * ?", "0 x * * * ?"]
)
def test_other_schedules_are_refused(cron: str) -> None:
    with pytest.raises(ConfigurationError, match="0"):
        runs_a_day(cron)


def test_what_has_no_price_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"no price for huge; the list knows small"):
        estimate(changed(node_type_id="huge"), PRICES)
    with pytest.raises(ConfigurationError, match="Photon"):
        estimate(changed(runtime_engine="PHOTON"), PRICES)
    bundle = deepcopy(BUNDLE)
    bundle["resources"]["pipelines"]["bronze"]["serverless"] = True
    with pytest.raises(ConfigurationError, match="serverless"):
        estimate(bundle, PRICES)


def test_a_price_list_that_lacks_a_part_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("as_of = 2026-01-01\n[minutes]\nstart = 1\n")
    with pytest.raises(ConfigurationError, match=r"prices\.toml: 'region' is missing"):
        Prices.read(path)
    with pytest.raises(ConfigurationError, match="can't be read"):
        Prices.read(tmp_path / "none.toml")


@pytest.mark.parametrize("target", ["dev", "staging", "prod"])
def test_the_documentation_says_what_the_command_says(target: str) -> None:
    """The figures under Cost in databricks/README.md, against the bundle as it is."""
    bundle = resolve(ROOT / "databricks", target, {})
    found = estimate(bundle, Prices.read())
    amounts = [f"${line.usd:,.2f}" for line in found.lines] + [f"**${found.usd:,.2f}**"]
    row = " | ".join([f"| {target} | {found.runs:,.0f}", *amounts])
    readme = (ROOT / "databricks" / "README.md").read_text(encoding="utf-8")
    assert f"{row} |" in readme, row
    if target == "dev":
        assert bill(target, bundle, Prices.read()) in readme
    eight_hours = next(usd for what, usd in cheaper(bundle, Prices.read()) if "8 hours" in what)
    assert f"${eight_hours:,.2f} a month for a target" in readme


def test_measured_minutes_take_the_place_of_assumed_ones(tmp_path: Path) -> None:
    given = with_minutes(Prices.read(), pipeline=1, notebooks=2)
    bundle = resolve(ROOT / "databricks", "dev", {})
    outcome = iot(
        "cost", "-t", "dev", "--pipeline-minutes", "1", "--notebook-minutes", "2", "--json"
    )
    assert json.loads(outcome.stdout)["usd"] == pytest.approx(estimate(bundle, given).usd)
    assert estimate(bundle, given).usd < estimate(bundle, Prices.read()).usd
