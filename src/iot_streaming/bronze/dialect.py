"""What one engine says its own way about the bronze SELECT: the interface, and what all hold to."""

from typing import Protocol

from iot_streaming.contract import Column, Source

# From the year 0001 to 9999, which Arrow, Parquet and every engine can hold: microseconds and days
# since 1970.
MICROS = (-62135596800000000, 253402300799999999)
DAYS = (-719162, 2932896)
# What a change's envelope says, and its `source`.
ENVELOPE_FIELDS = ("before", "after", "op", "status", "ts_ms")
SOURCE_FIELDS = ("sequence", "lsn", "pos", "txId", "ts_us", "ts_ms")


class Dialect(Protocol):
    """What one engine says its own way. Every method takes and returns SQL text."""

    def quoted(self, name: str) -> str:
        """The field's name as an identifier, whatever it is."""

    def object_of(self, line: str) -> str:
        """The line where it is one JSON object by RFC 8259, else NULL. Never raises."""

    def byte_count(self, line: str) -> str:
        """Integer: the text's bytes in UTF-8."""

    def reads_typed(self, column: Column) -> bool:
        """Whether the field is read as its column's type, and nothing is lost by it.

        Such a value is NULL where the field says something else: `is_unsaid` tells the two apart.
        """

    def fields_of(self, documents: str, columns: tuple[Column, ...]) -> str:
        """SELECT of `documents` with `f` and `_says_more` added, both NULL for a NULL document.

        `f`: a struct of these columns' fields as text, or typed. `_says_more`: whether the
        document says other fields too, or one twice.
        """

    def is_unsaid(self, document: str, field: str) -> str:
        """Boolean: the document lacks the top-level field, or says null."""

    def cast(self, column: Column, text: str) -> str:
        """The text as the column's type, NULL where it isn't exactly one."""

    def rescue(self, kept: str, carried: str) -> str:
        """JSON of what the columns don't carry; only called where `kept` is not NULL.

        `kept`: `line` or `row` (the object's fields but for those in the array `carried`; whole
        if it names one twice), or `envelope` (whole).
        """

    def names_where(self, conditions: list[tuple[str, str]]) -> str:
        """Array of the names whose condition holds: (name, boolean that is never NULL)."""

    def no_names(self) -> str:
        """An empty array of text."""

    def envelope_of(self, line: str) -> str:
        """The change that the line is or wraps, `null` for a tombstone; NULL if it is no JSON."""

    def envelope_struct(self, envelope: str) -> str:
        """Struct of ENVELOPE_FIELDS as text; `source` is one of SOURCE_FIELDS, NULL if unsaid."""

    def count_names(self, envelope: str) -> str:
        """Integer: how many top-level names the envelope says."""

    def row_of(self, image: str) -> str:
        """The text of a row image where it is one JSON object, else NULL."""

    def first_of_sequence(self) -> str:
        """Of `e.source.sequence` the first element as text; NULL if it is no JSON."""

    def bigint(self, text: str) -> str:
        """The text as a bigint, NULL where it is no whole number."""

    def instant(self, micros: str) -> str:
        """Microseconds since 1970 as an instant."""


class DecodingDialect(Dialect, Protocol):
    """A dialect whose engine can call decimals.decimal_digits from SQL."""

    def digits(self, source: Source, column: Column, text: str) -> str:
        """A change's decimal as plain digits, whatever `decimal.handling.mode` wrote it."""


def says_more(count: str, fields: list[str]) -> str:
    """Boolean SQL: `count` is not how many of the fields (expressions) are not NULL.

    A null that is spelled out counts too: rescuing finds nothing left then.
    """
    said = [f"{field} is not null" for field in fields]
    there = " + ".join(f"cast({is_said} as integer)" for is_said in said)
    # Most lines say everything: counting is for the others.
    return f"{count} <> case when {' and '.join(said)} then {len(fields)} else {there} end"
