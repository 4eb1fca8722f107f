"""The bundle resolved: what each target gets, by the rules of `databricks bundle`."""

from pathlib import Path
from typing import Any

import pytest

from iot_streaming.bundle import resolve
from iot_streaming.errors import ConfigurationError
from iot_streaming.settings import TARGETS, Settings
from tests.bundle.project import BUNDLE, change, copy_of_bundle


def resolved(root: Path, target: str = "dev", **environment: str) -> dict[str, Any]:
    return resolve(root, target, environment)


@pytest.mark.parametrize(
    ("target", "cron"),
    [("dev", "0 0 * * * ?"), ("staging", "0 0/30 * * * ?"), ("prod", "0 0/15 * * * ?")],
)
def test_target_gets_its_catalog_schemas_machines_and_schedule(target: str, cron: str) -> None:
    resources = resolved(BUNDLE, target)["resources"]
    settings = Settings(home=Path("h"), landing=Path("l"), target=target)
    for layer in ("bronze", "silver", "gold", "quality"):
        schema = resources["schemas"][layer]
        assert schema["catalog_name"] == settings.catalog
        assert schema["name"] == settings.schema(layer)
    pipeline = resources["pipelines"]["iot_bronze_pipeline"]
    assert (pipeline["catalog"], pipeline["schema"]) == (settings.catalog, f"{target}_bronze")
    cluster = resources["clusters"]["shared_cluster"]
    assert 10 <= cluster["autotermination_minutes"] <= 20
    for machines in (cluster, pipeline["clusters"][0]):
        assert machines["node_type_id"] == "i3.xlarge"
        assert machines["aws_attributes"]["availability"] == "SPOT_WITH_FALLBACK"
        assert machines["aws_attributes"]["first_on_demand"] == 0
    schedules = [j["schedule"] for j in resources["jobs"].values() if "schedule" in j]
    assert [each["quartz_cron_expression"] for each in schedules] == [cron]


def test_targets_of_the_command_are_the_bundles() -> None:
    for target in TARGETS:
        assert resolved(BUNDLE, target)["bundle"]["target"] == target
    with pytest.raises(ConfigurationError, match=f"knows: {', '.join(TARGETS)}"):
        resolved(BUNDLE, "qa")


def test_only_prod_runs_as_a_service_principal() -> None:
    assert resolved(BUNDLE, "prod")["run_as"] == {"service_principal_name": "${var.run_as}"}
    assert resolved(BUNDLE, "prod", BUNDLE_VAR_run_as="id")["run_as"] == {
        "service_principal_name": "id"
    }
    assert "run_as" not in resolved(BUNDLE, "dev")


def test_environment_wins_over_target_and_target_over_default() -> None:
    assert resolved(BUNDLE, "prod")["variables"]["node_type"]["value"] == "i3.xlarge"
    bundle = resolved(BUNDLE, "prod", BUNDLE_VAR_node_type="i3.2xlarge", BUNDLE_VAR_catalog="c")
    assert bundle["resources"]["clusters"]["shared_cluster"]["node_type_id"] == "i3.2xlarge"
    assert bundle["resources"]["schemas"]["gold"]["catalog_name"] == "c"


def write(root: Path, text: str) -> Path:
    (root / "databricks.yml").write_text(text)
    return root


def test_target_overrides_merge_by_key_and_lists_grow(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        """
        bundle: {name: b}
        resources:
          jobs:
            j:
              tags: {a: "1"}
              parameters: [{name: p, default: "1"}, {name: q, default: "1"}]
              job_clusters: [{job_cluster_key: c, new_cluster: {num_workers: 1}}]
              tasks:
                - {task_key: one, max_retries: 1, libraries: [{whl: x}]}
                - {task_key: two}
          pipelines:
            p: {clusters: [{num_workers: 1}]}
        targets:
          dev:
            resources:
              jobs:
                j:
                  tags: {b: "2"}
                  parameters: [{name: q, default: "2"}]
                  job_clusters: [{job_cluster_key: c, new_cluster: {node_type_id: n}}]
                  tasks: [{task_key: one, max_retries: 5, libraries: [{whl: y}]}, {task_key: new}]
              pipelines:
                p: {clusters: [{label: default, node_type_id: n}]}
        """,
    )
    resources = resolved(root)["resources"]
    assert resources["jobs"]["j"] == {
        "tags": {"a": "1", "b": "2"},
        "parameters": [{"name": "p", "default": "1"}, {"name": "q", "default": "2"}],
        "job_clusters": [
            {"job_cluster_key": "c", "new_cluster": {"num_workers": 1, "node_type_id": "n"}}
        ],
        "tasks": [
            {"task_key": "one", "max_retries": 5, "libraries": [{"whl": "x"}, {"whl": "y"}]},
            {"task_key": "two"},
            {"task_key": "new"},
        ],
    }
    assert resources["pipelines"]["p"]["clusters"] == [
        {"num_workers": 1, "label": "default", "node_type_id": "n"}
    ]


def test_complex_variable_is_replaced_whole_and_keeps_its_types(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        """
        bundle: {name: b}
        variables:
          spot: {type: complex, default: {first: 0, zone: auto}}
          size: {default: 3}
        resources: {clusters: {c: {aws: "${var.spot}", n: "${var.size}", t: "n${var.size}"}}}
        targets: {dev: {}, prod: {variables: {spot: {first: 1}}}}
        """,
    )
    assert resolved(root)["resources"]["clusters"]["c"] == {
        "aws": {"first": 0, "zone": "auto"},
        "n": 3,
        "t": "n3",
    }
    assert resolved(root, "prod")["resources"]["clusters"]["c"]["aws"] == {"first": 1}


def test_what_only_the_workspace_knows_stays(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        """
        bundle: {name: b}
        resources:
          schemas: {s: {name: x}}
          jobs: {j: {a: "${resources.schemas.s.name}", b: "${resources.schemas.s.id}"}}
        targets: {dev: {}}
        """,
    )
    bundle = resolved(root)
    assert bundle["resources"]["jobs"]["j"] == {"a": "x", "b": "${resources.schemas.s.id}"}
    assert bundle["workspace"]["file_path"] == (
        "/Workspace/Users/${workspace.current_user.userName}/.bundle/b/dev/files"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "holds no mapping"),
        ("a: [", "is no YAML"),
        ("include: [x/*.yml]\ntargets: {dev: {}}", "include x/.*yml finds no file"),
        ("targets: {dev: {variables: {v: 1}}}", "sets variable 'v'; none is declared"),
        ('variables: {v: {default: "${var.v}"}}\ntargets: {dev: {}}', "in a circle"),
    ],
)
def test_unreadable_bundle_says_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        resolved(write(tmp_path, text))


def test_missing_bundle_says_which(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"databricks\.yml can't be read"):
        resolved(tmp_path)


def test_paths_are_from_the_bundles_folder(tmp_path: Path) -> None:
    root = copy_of_bundle(tmp_path)
    change(root / "resources" / "jobs.yml", "../notebooks/jobs/run_dbt_deps.py", "./here.py")
    tasks = resolved(root)["resources"]["jobs"]["dbt_transformation_job"]["tasks"]
    paths = [task["notebook_task"]["notebook_path"] for task in tasks]
    assert paths[:2] == ["resources/here.py", "notebooks/jobs/run_dbt_build.py"]
    assert tasks[0]["libraries"][0] == {"whl": "dist/*.whl"}
