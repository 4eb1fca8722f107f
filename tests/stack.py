"""A CloudFormation template's text in, what it would make out: parameters and functions resolved.

What only AWS knows keeps its name: `!Ref Events` is "Events", `!GetAtt Key.Arn` is "Key.Arn".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

_NOTHING = "AWS::NoValue"
_PSEUDO = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


class _Loader(yaml.SafeLoader):
    """`!Sub text` as {"Sub": text}."""


def _function(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode), node
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


def resolved(text: str, names: Mapping[str, object]) -> dict[str, Any]:
    """The template with defaults, then `names`, for what is referred to."""
    template = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    defaults = {
        key: one["Default"] for key, one in template["Parameters"].items() if "Default" in one
    }
    known: dict[str, object] = _PSEUDO | defaults | dict(names)
    for name, condition in template.get("Conditions", {}).items():
        known[name] = _resolve(condition, known)
    result = _resolve(template, known)
    assert isinstance(result, dict)
    return result


def statements(node: Any) -> Iterator[dict[str, Any]]:
    """Every statement of every policy in there."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from statements(child)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _resolve(node: Any, known: Mapping[str, object]) -> Any:
    match node:
        case {"Ref": str(name)} | {"GetAtt": str(name)}:
            return known.get(name, name)
        case {"Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(known.get(found[1], found[1])), text)
        case {"Equals": [one, other]}:
            return str(_resolve(one, known)) == str(_resolve(other, known))
        case {"If": [condition, then, otherwise]}:
            return _resolve(then if known[condition] else otherwise, known)
        case dict():
            children = {key: _resolve(child, known) for key, child in node.items()}
            return {key: child for key, child in children.items() if child != _NOTHING}
        case list():
            return [_resolve(child, known) for child in node]
    return node
