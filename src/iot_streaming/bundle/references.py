"""A resolved bundle in, what its remaining `${…}` can't mean out."""

from collections.abc import Iterator
from typing import Any

from iot_streaming.bundle.finding import Finding, error, warning
from iot_streaming.bundle.resolve import REFERENCE

_DEPLOYED = ("resources", "permissions", "run_as", "workspace", "artifacts")


def check_references(bundle: dict[str, Any]) -> Iterator[Finding]:
    """Variables that nobody declared or gave a value, resources that aren't there."""
    unset: dict[str, str] = {}
    for where, path in _references({key: bundle[key] for key in _DEPLOYED if key in bundle}, ""):
        first, _, rest = path.partition(".")
        if first == "var":
            if rest not in bundle["variables"]:
                yield error(where, f"no variable {rest!r} is declared")
            else:
                unset.setdefault(rest, where)
        elif first == "resources":
            yield from _check_resource(bundle, where, rest)
        elif first not in ("workspace", "artifacts"):
            yield error(where, f"${{{path}}} has no value")
    for name, where in unset.items():
        yield warning(where, f"variable {name} has no value: set BUNDLE_VAR_{name} to deploy")


def _check_resource(bundle: dict[str, Any], where: str, path: str) -> Iterator[Finding]:
    kind, name, *field = [*path.split("."), "", ""][:3]
    if name not in bundle["resources"].get(kind, {}):
        yield error(where, f"${{resources.{path}}}: the bundle has no {kind} {name!r}")
    elif field != ["id"]:
        yield error(where, f"${{resources.{path}}}: {kind} {name!r} says no {'.'.join(field)!r}")


def _references(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _references(item, f"{where}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _references(item, f"{where}[{number}]")
    elif isinstance(value, str):
        for match in REFERENCE.finditer(value):
            yield where, match[1]
