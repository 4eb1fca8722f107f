"""Answers in, the lines of a CSV file out, in which no spreadsheet finds a formula."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from iot_streaming.serve.answers import Answer

# What a spreadsheet takes for the begin of a formula; a leading quote makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(answers: Iterable[Answer]) -> Iterator[str]:
    """The header and a line for each row; times in ISO 8601 and UTC."""
    for number, answer in enumerate(answers):
        written = io.StringIO()
        writer = csv.writer(written)
        if not number:
            writer.writerow(answer.columns)
        writer.writerows([cell(value) for value in row] for row in answer.rows)
        yield written.getvalue()


def cell(value: Any) -> Any:
    """A value as a spreadsheet may have it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | Decimal | int | float | bool | None):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
