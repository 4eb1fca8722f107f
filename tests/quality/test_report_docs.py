"""docs/report.md names every key of the document."""

import re
from pathlib import Path
from typing import Any

from iot_streaming.quality.report import Report

PAGE = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in keys_of(each)}
    if isinstance(value, list):
        return {key for each in value for key in keys_of(each)}
    return set()


def test_every_key_is_told(usual: Report) -> None:
    document = usual.to_dict()
    # Of a sample the columns are the data's.
    for check in document["checks"]:
        check["sample"] = []
    told = set(re.findall(r"`(\w+)`", PAGE.partition("## The document")[2]))
    assert keys_of(document) <= told
