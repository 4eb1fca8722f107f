"""Each thing that the lint catches: a broken bundle and the message; the real one is clean."""

import json
from pathlib import Path
from typing import Any

import pytest
from databricks.bundles.alerts import Alert
from databricks.bundles.apps import App
from databricks.bundles.clusters import Cluster
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.jobs import Job
from databricks.bundles.pipelines import Pipeline
from databricks.bundles.schemas import Schema
from databricks.bundles.secret_scopes import SecretScope
from databricks.bundles.volumes import Volume

from iot_streaming.bundle import resolve
from iot_streaming.bundle.cron import shortest_pause
from iot_streaming.bundle.lint import check_bundle
from iot_streaming.errors import ConfigurationError
from iot_streaming.settings import TARGETS
from tests.bundle.project import BUNDLE, change, copy_of_bundle
from tests.command import iot

GIVEN = {
    f"BUNDLE_VAR_{name}": "x"
    for name in (
        *("landing_url", "instance_profile_arn", "notification_email", "run_as"),
        "warehouse_id",
    )
}
MODELS: dict[str, Any] = {
    "jobs": Job,
    "pipelines": Pipeline,
    "clusters": Cluster,
    "schemas": Schema,
    "volumes": Volume,
    "secret_scopes": SecretScope,
    "dashboards": Dashboard,
    "alerts": Alert,
    "apps": App,
}


@pytest.mark.parametrize("target", TARGETS)
def test_every_resource_loads_in_databricks_own_models(target: str) -> None:
    resources = resolve(BUNDLE, target, {})["resources"]
    assert resources.keys() == MODELS.keys()
    for kind, named in resources.items():
        for resource in named.values():
            assert MODELS[kind].from_dict(resource)


def test_only_prods_cluster_that_never_stops_is_worth_a_word() -> None:
    found = {target: check_bundle(BUNDLE, target, GIVEN) for target in TARGETS}
    assert found["dev"] == found["staging"] == []
    (only,) = found["prod"]
    assert (only.level, only.where) == ("warning", "resources.clusters.shared_cluster")
    assert "never stops: it idles 20 minutes and is wanted every 15" in only.message


def test_variables_without_a_value_are_named_once() -> None:
    messages = [finding.message for finding in check_bundle(BUNDLE, "prod", {})]
    for name in GIVEN:
        assert sum(f"set {name} to deploy" in message for message in messages) == 1


NOTEBOOK = "          notebook_task:\n            notebook_path: ../notebooks/jobs/run_dbt_deps.py"
INGEST = "        - task_key: ingest\n"
SCHEDULED = "      schedule:\n"
JOBS, PIPELINES, CLUSTERS = (
    "resources/jobs.yml",
    "resources/pipelines.yml",
    "resources/clusters.yml",
)
DASHBOARDS, ALERTS = "resources/dashboards.yml", "resources/alerts.yml"
CRON = "schedule: 0 0 * * * ?"
EXISTING = "          existing_cluster_id: ${resources.clusters.shared_cluster.id}\n"

BROKEN = {
    "unknown field": (JOBS, "max_concurrent_runs: 1", "max_runs: 1", "Unexpected field 'max_runs'"),
    "undeclared variable": (JOBS, "${var.schedule}", "${var.cron}", "no variable 'cron'"),
    "dangling resource": (
        JOBS,
        "${resources.pipelines.iot_bronze_pipeline.id}",
        "${resources.pipelines.gone.id}",
        "the bundle has no pipelines 'gone'",
    ),
    "field nobody says": (
        PIPELINES,
        "${resources.schemas.bronze.name}",
        "${resources.schemas.bronze.nick}",
        "schemas 'bronze' says no 'nick'",
    ),
    "no such bundle field": (JOBS, "${bundle.target}", "${bundle.stage}", "${bundle.stage} has no"),
    "variable of a target": (
        "databricks.yml",
        "      schema_prefix: dev",
        "      schema_prefix: dev\n      prefix: dev",
        "target dev sets variable 'prefix'",
    ),
    "two triggers": (
        JOBS,
        SCHEDULED,
        "      trigger: {periodic: {interval: 1, unit: HOURS}}\n" + SCHEDULED,
        "has schedule and trigger",
    ),
    "unknown job cluster": (
        JOBS,
        EXISTING,
        "          job_cluster_key: small\n",
        "job_cluster_key 'small' is not in job_clusters",
    ),
    "bad cron": ("databricks.yml", CRON, "schedule: 0 61 * * * ?", "no minute from 0 to 59"),
    "unix cron": ("databricks.yml", CRON, "schedule: 0 * * * *", "Quartz wants 6 or 7"),
    "missing notebook": (
        JOBS,
        "run_dbt_deps.py",
        "run_dbt_dep.py",
        "run_dbt_dep.py does not exist",
    ),
    "no notebook": (JOBS, "../notebooks/jobs/run_dbt_deps.py", "../conf.py", "is no notebook"),
    "wheel nobody builds": (JOBS, "../dist/*.whl", "../whl/*.whl", "no artifact makes whl/*.whl"),
    "deprecated field": (
        PIPELINES,
        "      schema: $",
        "      target: x\n      schema: $",
        "use schema",
    ),
    "serverless pipeline": (PIPELINES, "serverless: false", "serverless: true", "serverless"),
    "serverless by default": (PIPELINES, "      serverless: false\n", "", "say serverless: false"),
    "serverless notebook": (JOBS, EXISTING, "", "a notebook without a cluster"),
    "serverless environment": (
        JOBS,
        "      max_concurrent_runs: 1",
        "      environments: [{environment_key: e}]\n      max_concurrent_runs: 1",
        "environments is for nothing else",
    ),
    "unknown channel": (PIPELINES, "channel: CURRENT", "channel: NEW", "channel is 'NEW'"),
    "no expectations": (PIPELINES, "edition: ADVANCED", "edition: CORE", "only edition ADVANCED"),
    "continuous": (PIPELINES, "continuous: false", "continuous: true", "would never stop"),
    "never stops": (CLUSTERS, "${var.autotermination_minutes}", "0", "it never stops"),
    "no Unity Catalog": (CLUSTERS, "DATA_SECURITY_MODE_STANDARD", "NONE", "Unity Catalog takes"),
    "not single": (
        CLUSTERS,
        "is_single_node: true",
        "is_single_node: false",
        "wants is_single_node",
    ),
    "unknown mode": ("databricks.yml", "    default: true", "    mode: dev", "'dev' is neither"),
    "dangling dependency": (
        JOBS,
        "            - task_key: dbt_deps",
        "            - task_key: dbt_dep",
        "depends on 'dbt_dep'",
    ),
    "circle of tasks": (
        JOBS,
        "        - task_key: dbt_deps\n",
        "        - task_key: dbt_deps\n          depends_on: [{task_key: dbt_test}]\n",
        "depend on each other in a circle",
    ),
    "circle of jobs": (
        JOBS,
        INGEST,
        "        - task_key: all\n          run_job_task:\n"
        "            job_id: ${resources.jobs.iot_streaming_job.id}\n" + INGEST,
        "jobs call each other in a circle",
    ),
    "dbt by two schedules": (
        JOBS,
        "      description: The rules",
        "      schedule: {quartz_cron_expression: '0 0 3 * * ?', timezone_id: UTC}\n"
        "      description: The rules",
        "data_quality_job and iot_streaming_job both start dbt",
    ),
    "dbt side by side": (
        JOBS,
        "          depends_on:\n            - task_key: transformation",
        "          depends_on:\n            - task_key: ingestion",
        "transformation and quality run dbt at the same time",
    ),
    "dbt beside itself": (
        JOBS,
        "right after it.\n      max_concurrent_runs: 1",
        "right after it.\n      max_concurrent_runs: 2",
        "max_concurrent_runs has to be 1",
    ),
    "unknown field of a dashboard": (
        DASHBOARDS,
        "embed_credentials: false",
        "embed: false",
        "Unexpected field 'embed'",
    ),
    "missing dashboard": (DASHBOARDS, "fleet.lvdash.json", "fleets.lvdash.json", "an .lvdash.json"),
    "dashboard without a schema": (
        DASHBOARDS,
        "      dataset_schema: ${resources.schemas.gold.name}\n",
        "",
        "says no dataset_schema",
    ),
    "no JSON": ("dashboards/fleet.lvdash.json", "{", "{,", "is no JSON"),
    "widget without its dataset": (
        "dashboards/quality.lvdash.json",
        '"name": "last_checks"',
        '"name": "first_checks"',
        "asks dataset 'last_checks', which is not there",
    ),
    "unknown comparison": (ALERTS, "GREATER_THAN", "MORE", "'MORE'"),
    "bad cron of an alert": ("databricks.yml", "0 50 * * * ?", "50 * * * *", "Quartz wants 6 or 7"),
}
WORTH_A_WORD = {
    "never stops": ("databricks.yml", CRON, "schedule: 0 0/10 * * * ?", "never stops"),
    "stops at times": (
        "databricks.yml",
        "expected_seconds: 1800",
        "expected_seconds: 3300",
        "stops only after short runs: 10 idle minutes and up to 55",
    ),
    "no retries": (JOBS, "          max_retries: 1\n", "", "no retries"),
    "no timeout": (JOBS, "          timeout_seconds: 900\n", "", "no timeout"),
    "not spot": ("databricks.yml", "SPOT_WITH_FALLBACK", "ON_DEMAND", "not on spot"),
    "stops on deploy": (
        CLUSTERS,
        "      kind:",
        "      lifecycle: {started: false}\n      kind:",
        "stops a running cluster",
    ),
    "alert that nobody hears": (
        ALERTS,
        "          subscriptions:\n            - user_email: ${var.notification_email}\n",
        "",
        "nobody is told",
    ),
    "nothing scheduled": (
        JOBS,
        SCHEDULED
        + "        quartz_cron_expression: ${var.schedule}\n        timezone_id: UTC\n"
        + "        pause_status: ${var.pause_status}\n",
        "",
        "no job has a schedule",
    ),
}


def found_in(tmp_path: Path, what: tuple[str, str, str, str]) -> list[tuple[str, str]]:
    file, old, new, _ = what
    root = copy_of_bundle(tmp_path)
    (root / "conf.py").write_text("print('no notebook')\n")
    change(root / file, old, new)
    return [(found.level, found.message) for found in check_bundle(root, "dev", GIVEN)]


@pytest.mark.parametrize("what", BROKEN.values(), ids=BROKEN.keys())
def test_broken_bundle_is_an_error(tmp_path: Path, what: tuple[str, str, str, str]) -> None:
    found = found_in(tmp_path, what)
    assert [message for level, message in found if level == "error" and what[3] in message], found


@pytest.mark.parametrize("what", WORTH_A_WORD.values(), ids=WORTH_A_WORD.keys())
def test_doubtful_bundle_is_a_warning(tmp_path: Path, what: tuple[str, str, str, str]) -> None:
    found = found_in(tmp_path, what)
    assert [message for level, message in found if what[3] in message], found
    assert {level for level, _ in found} == {"warning"}


def test_production_has_a_principal_and_no_development_pipeline(tmp_path: Path) -> None:
    root = copy_of_bundle(tmp_path)
    change(root / "databricks.yml", "    run_as:\n", "    git:\n")
    change(root / PIPELINES, "development: false", "development: true")
    messages = " ".join(finding.message for finding in check_bundle(root, "prod", GIVEN))
    assert "run as a service principal" in messages
    assert "development: true is not for mode production" in messages


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("0 0 * * * ?", 3600),
        ("0 0/15 * * * ?", 900),
        ("0 5,50 8-17 ? * MON-FRI", 900),
        ("0 0 3 1 JAN ? 2030", 86400),
        ("0 0 2 L * ?", 86400),
        ("0/20 * * * * ?", 20),
        ("0 0 0,23 * * ?", 3600),
    ],
)
def test_shortest_pause_of_a_cron_expression(expression: str, seconds: int) -> None:
    assert shortest_pause(expression) == seconds


@pytest.mark.parametrize(
    "expression", ["", "0 0 * * * *", "0 0 ? * * ?", "0 0 24 * * ?", "0 0/0 * * * ?", "0 x * * * ?"]
)
def test_quartz_would_refuse(expression: str) -> None:
    with pytest.raises(ConfigurationError, match="no Quartz cron expression"):
        shortest_pause(expression)


def test_command_says_what_is_wrong_and_exits_1(tmp_path: Path) -> None:
    assert iot("bundle", "validate").returncode == 0
    root = copy_of_bundle(tmp_path)
    change(root / PIPELINES, "serverless: false", "serverless: true")
    outcome = iot("bundle", "validate", "-t", "staging", cwd=tmp_path)
    assert outcome.returncode == 1
    assert "staging error resources.pipelines.iot_bronze_pipeline: serverless" in outcome.stdout
    assert "staging: 1 errors" in outcome.stdout
    document = json.loads(iot("bundle", "validate", "--json", cwd=tmp_path).stdout)
    assert {f["level"] for f in document["prod"]} == {"error", "warning"}


def test_command_shows_what_is_deployed() -> None:
    import yaml

    text = iot("bundle", "show", "-t", "prod").stdout
    assert yaml.safe_load(text) == resolve(BUNDLE, "prod", {})
    document = json.loads(iot("bundle", "show", "-t", "prod", "--json").stdout)
    assert document == resolve(BUNDLE, "prod", {})
