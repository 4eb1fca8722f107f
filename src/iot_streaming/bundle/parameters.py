"""A resolved job and one of its tasks in, the values of its notebook's widgets out."""

import re
from collections.abc import Mapping
from typing import Any

from iot_streaming.errors import ConfigurationError

_REFERENCE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def widgets_of(
    job: Mapping[str, Any], spec: Mapping[str, Any], known: Mapping[str, str]
) -> dict[str, str]:
    """The job's parameters and the task's base_parameters; of one name, the job's.

    `spec` is the notebook_task, `known` what the job service would fill in for `{{name}}`.
    ConfigurationError for a reference that isn't known.
    """
    of_job = {each["name"]: str(each.get("default", "")) for each in job.get("parameters", [])}
    both = {name: str(value) for name, value in spec.get("base_parameters", {}).items()} | of_job
    names = {**known, **{f"job.parameters.{name}": value for name, value in of_job.items()}}
    return {name: _filled(name, value, names) for name, value in both.items()}


def _filled(parameter: str, value: str, known: Mapping[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise ConfigurationError(
                f"parameter {parameter}: unknown {match[0]}; known: {', '.join(sorted(known))}"
            )
        return known[match[1]]

    return _REFERENCE.sub(one, value)
