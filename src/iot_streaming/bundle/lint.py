"""A bundle's folder and a target in, everything that is wrong with it out."""

import os
from collections.abc import Mapping
from pathlib import Path

from iot_streaming.bundle import compute, job_rules, shown
from iot_streaming.bundle.finding import Finding, error
from iot_streaming.bundle.models import check_models
from iot_streaming.bundle.references import check_references
from iot_streaming.bundle.resolve import resolve
from iot_streaming.errors import ConfigurationError


def check_bundle(
    root: Path, target: str, environment: Mapping[str, str] = os.environ
) -> list[Finding]:
    """Databricks' own models and our rules on the bundle as it is resolved for the target."""
    try:
        bundle = resolve(root, target, environment)
    except ConfigurationError as refusal:
        return [error("databricks.yml", str(refusal))]
    return [
        *check_models(bundle),
        *check_references(bundle),
        *compute.check_targets(bundle),
        *compute.check_clusters(bundle),
        *compute.check_pipelines(bundle),
        *compute.check_serverless(bundle),
        *compute.check_cadence(bundle),
        *job_rules.check_jobs(bundle),
        *job_rules.check_graphs(bundle),
        *job_rules.check_files(bundle, root),
        *job_rules.check_dbt_overlaps(bundle, root),
        *shown.check_dashboards(bundle, root),
        *shown.check_alerts(bundle),
    ]
