"""A bundle's folder and a target in, what would be deployed there out, as plain data."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iot_streaming.bundle.files import read_bundle
from iot_streaming.bundle.merge import merge_by_key, merged
from iot_streaming.errors import ConfigurationError

# `${a.b.c}`; what follows `{{` is the job service's to fill in.
REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.-]*)\}")
_OF_A_TARGET = ("workspace", "run_as", "permissions", "resources", "artifacts", "sync", "variables")
_DEPTH = 20


def resolve(root: Path, target: str, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The bundle in folder `root` for a target: includes, overrides, variables, references.

    >>> resolve(Path("databricks"), "dev")["resources"]["jobs"]["iot_streaming_job"]["schedule"]
    {'quartz_cron_expression': '0 0 * * * ?', 'timezone_id': 'UTC', 'pause_status': 'UNPAUSED'}

    A variable's value is BUNDLE_VAR_<name> from the environment, else the target's, else the
    default. What only a workspace knows (`${resources.clusters.x.id}`, the current user) and
    variables without a value stay as `${…}`. Local paths are relative to `root`.
    ConfigurationError when the bundle can't be read or has no such target.
    """
    tree = read_bundle(root)
    targets = tree.pop("targets", {})
    if target not in targets:
        raise ConfigurationError(
            f"unknown target {target!r}; {root / 'databricks.yml'} knows: {', '.join(targets)}"
        )
    chosen = targets[target] or {}
    for name in chosen.get("variables", {}):
        if name not in tree.get("variables", {}):
            raise ConfigurationError(f"target {target} sets variable {name!r}; none is declared")
    tree = _with_target(tree, chosen)
    tree["bundle"] = {**tree.get("bundle", {}), "target": target, "mode": chosen.get("mode")}
    tree["workspace"] = _workspace(tree.get("workspace", {}))
    tree["variables"] = _variables(tree.get("variables", {}), environment)
    tree["resources"] = merge_by_key(tree.get("resources", {}))
    return {key: _References(tree).filled(value) for key, value in tree.items()}


def _with_target(tree: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    over = {key: chosen[key] for key in _OF_A_TARGET if key in chosen}
    over["variables"] = {
        name: value if isinstance(value, dict) and "default" in value else {"default": value}
        for name, value in over.get("variables", {}).items()
    }
    # A complex value replaces the default, it isn't merged into it.
    kept = {
        name: {key: value for key, value in spec.items() if key != "default"}
        if "default" in over["variables"].get(name, {})
        else spec
        for name, spec in tree.get("variables", {}).items()
    }
    result: dict[str, Any] = merged({**tree, "variables": kept}, over)
    return result


def _workspace(given: dict[str, Any]) -> dict[str, Any]:
    own = "/Workspace/Users/${workspace.current_user.userName}/.bundle"
    root_path = given.get("root_path", own + "/${bundle.name}/${bundle.target}")
    defaults = {
        "root_path": root_path,
        "file_path": "${workspace.root_path}/files",
        "artifact_path": "${workspace.root_path}/artifacts",
    }
    return {**defaults, **given}


def _variables(specs: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    values = {name: dict(spec or {}) for name, spec in specs.items()}
    for name, spec in values.items():
        if f"BUNDLE_VAR_{name}" in environment:
            spec["value"] = environment[f"BUNDLE_VAR_{name}"]
        elif "default" in spec:
            spec["value"] = spec["default"]
    return values


class _References:
    """Fills `${…}` from one tree; what has no value there stays as it is written."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = tree

    def filled(self, value: Any, depth: int = 0) -> Any:
        if depth > _DEPTH:
            raise ConfigurationError(f"{value}: references go in a circle")
        if isinstance(value, dict):
            return {key: self.filled(item, depth) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, depth) for item in value]
        return self._text(value, depth) if isinstance(value, str) else value

    def _text(self, text: str, depth: int) -> Any:
        whole = REFERENCE.fullmatch(text)
        if whole:
            found = self._found(whole[1])
            return text if found is None else self.filled(found, depth + 1)
        return REFERENCE.sub(lambda match: self._in_text(match, depth), text)

    def _in_text(self, match: re.Match[str], depth: int) -> str:
        found = self._found(match[1])
        if found is None:
            return match[0]
        if isinstance(found, dict | list):
            raise ConfigurationError(f"{match[0]} is no text and can't stand inside one")
        return str(self.filled(found, depth + 1))

    def _found(self, path: str) -> Any:
        first, *rest = path.split(".")
        names = ["variables", *rest, "value"] if first == "var" else [first, *rest]
        node: Any = self.tree
        for name in names:
            if not isinstance(node, dict) or name not in node:
                return None
            node = node[name]
        return node
