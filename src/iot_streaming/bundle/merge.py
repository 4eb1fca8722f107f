"""Two bundle trees in, one out, by the rules of `databricks bundle`."""

from typing import Any

# Lists whose elements are one thing when they have the same key.
_KEYS = {
    ("jobs", "tasks"): "task_key",
    ("jobs", "job_clusters"): "job_cluster_key",
    ("jobs", "parameters"): "name",
    ("jobs", "environments"): "environment_key",
    ("pipelines", "clusters"): "label",
}


def merged(base: Any, over: Any) -> Any:
    """Mappings key by key, lists one after the other, of anything else what `over` says.

    >>> merged({"a": [1], "b": 1}, {"a": [2], "b": 2})
    {'a': [1, 2], 'b': 2}
    """
    if isinstance(base, dict) and isinstance(over, dict):
        both = {key: merged(base[key], over[key]) for key in base.keys() & over.keys()}
        return {key: both.get(key, base.get(key, over.get(key))) for key in {**base, **over}}
    if isinstance(base, list) and isinstance(over, list):
        return [*base, *over]
    return base if over is None else over


def merge_by_key(resources: dict[str, Any]) -> dict[str, Any]:
    """The resources with tasks, clusters and parameters of one key made one, in first order."""
    return {
        kind: {name: _keyed(kind, resource) for name, resource in (named or {}).items()}
        for kind, named in resources.items()
    }


def _keyed(kind: str, resource: Any) -> Any:
    if not isinstance(resource, dict):
        return resource
    return {
        field: _one_each(value, _KEYS[kind, field])
        if (kind, field) in _KEYS and isinstance(value, list)
        else value
        for field, value in resource.items()
    }


def _one_each(elements: list[Any], key: str) -> list[Any]:
    found: dict[Any, Any] = {}
    for number, element in enumerate(elements):
        # A pipeline's cluster without a label is its default one.
        default = "default" if key == "label" else number
        name = element.get(key, default) if isinstance(element, dict) else number
        found[name] = merged(found[name], element) if name in found else element
    return list(found.values())
