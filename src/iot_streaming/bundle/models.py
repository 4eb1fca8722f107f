"""A resolved bundle in, what Databricks' own models refuse of it out."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from iot_streaming.bundle.finding import Finding, error, warning

_CLASSES = {
    "jobs": "Job",
    "pipelines": "Pipeline",
    "clusters": "Cluster",
    "schemas": "Schema",
    "volumes": "Volume",
    "secret_scopes": "SecretScope",
    "dashboards": "Dashboard",
    "alerts": "Alert",
    "apps": "App",
}


def check_models(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Unknown fields, wrong types and values, missing fields, by the package databricks-bundles."""
    try:
        import_module("databricks.bundles.jobs")
    except ImportError:
        yield warning(
            "resources",
            "not held to Databricks' own models: `pip install 'iot-streaming[databricks]'`",
        )
        return
    for kind, named in bundle["resources"].items():
        if kind not in _CLASSES:
            yield warning(f"resources.{kind}", f"not checked; known: {', '.join(_CLASSES)}")
            continue
        model = getattr(import_module(f"databricks.bundles.{kind}"), _CLASSES[kind])
        for name, resource in named.items():
            try:
                model.from_dict(resource)
            except (ValueError, TypeError) as refusal:
                yield error(f"resources.{kind}.{name}", f"Databricks' model refuses it: {refusal}")
