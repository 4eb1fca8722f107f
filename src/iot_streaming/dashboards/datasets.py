"""A question and what a dashboard fixes of it in, a dataset of an .lvdash.json out.

Parameters that no filter sets become literals, so that nothing depends on what an empty selection
is sent as.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iot_streaming.errors import ConfigurationError
from iot_streaming.questions import filled, question

Value = str | int


@dataclass(frozen=True)
class Dataset:
    """A question with values for all of its parameters but `chosen`, which a filter sets."""

    name: str
    title: str
    fixed: Mapping[str, Value] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        asked = set(question(self.name).parameters)
        given = {*self.fixed, *self.chosen}
        if asked != given:
            raise ConfigurationError(
                f"dataset {self.name} has to say {', '.join(sorted(asked)) or 'nothing'}; "
                f"it says {', '.join(sorted(given)) or 'nothing'}"
            )

    @property
    def sql(self) -> str:
        """The question as the dashboard sends it, without comments."""
        return filled(question(self.name).sql, self._value)

    def to_dict(self) -> dict[str, Any]:
        """As the dashboard's file has it; without a schema: the bundle says which."""
        described: dict[str, Any] = {
            "name": self.name,
            "displayName": self.title,
            "queryLines": self.sql.splitlines(keepends=True),
        }
        if self.chosen:
            described["parameters"] = [_parameter(name) for name in self.chosen]
        return described

    def _value(self, name: str) -> str:
        if name in self.chosen:
            return f":{name}"
        value = self.fixed[name]
        return str(value) if isinstance(value, int) else f"'{value}'"


def _parameter(name: str) -> dict[str, Any]:
    """Text that is empty until somebody chooses."""
    values = {"dataType": "STRING", "values": [{"value": ""}]}
    return {
        "displayName": name,
        "keyword": name,
        "dataType": "STRING",
        "defaultSelection": {"values": values},
    }
