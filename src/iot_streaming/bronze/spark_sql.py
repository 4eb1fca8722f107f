"""The bronze SELECT's engine-specific parts, as Spark 4 and Databricks say them.

Spark's JSON reader writes numbers and nested values anew, takes the last of two equal names and
refuses what is nested too deep. So it only reads plain documents: lines that are plain already,
and what bronze.json_lines makes of all others. `_batch_id` and `_ingested_at` are the
micro-batch's time.
"""

from iot_streaming.bronze.dialect import (
    DAYS,
    ENVELOPE_FIELDS,
    MICROS,
    SOURCE_FIELDS,
    says_more,
)
from iot_streaming.contract import Column, Source

TYPES = {"string[]": "array<string>", "integer": "int"}

# Added outside of SQL: the line's plain document, and what bronze.json_lines.rescued gives.
PLAIN, RESCUED = "_plain_document", "_rescued_text"

# As PostgreSQL writes numeric, and Debezium its special values.
_DECIMAL = "[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?|NAN|POSITIVE_INFINITY|NEGATIVE_INFINITY"
_PLAIN_DECIMAL = "[+-]?([0-9]+[.]?[0-9]{0,10}0*|[.][0-9]{1,10}0*)"
_NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
# What DuckDB takes for a double: blanks around, digits in groups.
_DIGITS = "[0-9]+(_[0-9]+)*"
_DOUBLE = (
    rf"\s*([+]-|[+-])?(({_DIGITS}([.]({_DIGITS})?)?|[.]{_DIGITS})([eE][+-]?{_DIGITS})?"
    r"|(?i:nan|inf|infinity))\s*"
)
_OFFSET = r":[0-9.,]+ *([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)\z"
_DATE = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_INSTANT = (
    rf"{_DATE}([T ][0-9]{{1,2}}:[0-9]{{1,2}}(:[0-9]{{1,2}}([.][0-9]+)?"
    r"(Z|[+-](0[0-9]|1[0-7])(:?[0-5][0-9])?)?)?)?"
    # What ends with a Z is looked at less closely there.
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T(\s[0-9]|[0-9]{2}):[0-9]{2}:[0-9]{2}([.][0-9]*)?Z"
)
_MIDNIGHT = r"([T ]\s*)24(:0+(:0+)?([.]0*)?(Z|[+-].*)?\z)"

_BLANK_HOUR, _SPACING, _WHOLE = r"T\s", r"[_\s]", r"^[+-]?[0-9]+\z"

_KEY = r'"[^"\\\x00-\x1f]*+"'
_STRING = (
    r'"[^"\\\x00-\x1f]*+'
    r'(?:\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
)
_PLAIN_NUMBER = r"-?(?:0|[1-9][0-9]{0,14}+)(?:[.][0-9]{1,15}+)?+(?![0-9eE.])"
_LONGEST_PLAIN = 4000


def spark_type(column: Column) -> str:
    """The Spark type of a declared column."""
    return TYPES.get(column.type, column.type)


def plain_pattern(source: Source) -> str:
    """Lines that are plain documents already: strings and nulls, numbers where a double is meant.

    That no name is said twice is for `is_plain` to say.
    """
    doubles = {c.field for c in source.columns if c.type == "double"}
    names = "|".join(sorted(doubles)) or r"\z"
    member = rf'(?:"(?:{names})"\s*:\s*{_PLAIN_NUMBER}|{_KEY}\s*:\s*(?:{_STRING}|null))'
    return rf"^[ \t\r\n]*\{{[ \t\r\n]*{member}(?:\s*,\s*{member})*+\s*\}}[ \t\r\n]*\z".replace(
        r"\s", r"[ \t\r\n]"
    )


class SparkDialect:
    """Dialect for Spark 4 in ANSI mode with the session in UTC; what can fail is tried."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def is_plain(self, line: str) -> str:
        """Boolean: a line of plain_pattern's that is short and says no name twice."""
        keys = f"json_object_keys({line})"
        return (
            f"case when length({line}) < {_LONGEST_PLAIN} and {line} rlike"
            f" {_literal(plain_pattern(self.source))}"
            f" then size({keys}) = size(array_distinct({keys})) else false end"
        )

    def quoted(self, name: str) -> str:
        return f"`{name.replace('`', '``')}`"

    def object_of(self, line: str) -> str:
        return PLAIN

    def byte_count(self, line: str) -> str:
        return f"octet_length({line})"

    def reads_typed(self, column: Column) -> bool:
        return False

    def fields_of(self, documents: str, columns: tuple[Column, ...]) -> str:
        names = [self.quoted(field) for field in dict.fromkeys(c.field for c in columns)]
        shape = ", ".join(f"{name} string" for name in names)
        more = says_more("size(json_object_keys(document))", [f"f.{name}" for name in names])
        return f"""select
        *,
        case when document is not null then {more} end as _says_more
    from (select *, from_json(document, '{shape}') as f from {documents})"""

    def is_unsaid(self, document: str, field: str) -> str:
        return f"(f.{self.quoted(field)} is null)"

    def encoded(self, column: Column, text: str) -> str:
        """Boolean: the change's decimal may be one that decimals.decimal_digits has to decode."""
        is_plain = f"contains({text}, '.') or _record_kind is not null"
        if column.decimal is None:
            is_plain += f" or (not startswith({text}, '{{') and not contains(line, '\"payload\"'))"
        return f"({text} is not null and not ({is_plain}))"

    def cast(self, column: Column, text: str) -> str:
        match column.encoding:
            case "utc_offset":
                offset = f"regexp_extract({text}, {_literal(_OFFSET)}, 1)"
                return (
                    f"case when {text} like '%Z' then 'Z'"
                    f" when {text} is not null then nullif({offset}, '') end"
                )
            case "decimal_text":
                return _if_like(text, _DECIMAL, text)
            case "epoch_days":
                days = self._integer(text, "int")
                return _within(days, DAYS, f"date_add(date'1970-01-01', {days})")
            case "epoch_micros":
                micros = self._integer(text, "bigint")
                return _within(micros, MICROS, self.instant(micros))
        if column.decimal:
            # A plain cast rounds: what the scale can't hold must not pass as exact.
            exact = f"try_cast({text} as {column.type})"
            is_exact = f"{exact} = try_cast({text} as decimal(38,10))"
            return _if_like(text, _PLAIN_DECIMAL, f"case when {is_exact} then {exact} end")
        match column.type:
            case "string":
                return text
            case "timestamp":
                return self._timestamp(text)
            case "date":
                value = f"try_cast({text} as date)"
                return f"case when {text} >= '0001' then {_if_like(text, _DATE, value)} end"
            case "boolean":
                return f"case lower({text}) when 'true' then true when 'false' then false end"
            case "integer" | "bigint":
                return self._integer(text, spark_type(column))
            case _:
                return self._double(text)

    def _timestamp(self, text: str) -> str:
        """Spark knows no 24:00 and takes no blank before a time."""
        compact = f"regexp_replace({text}, {_literal(_BLANK_HOUR)}, 'T0')"
        ended = f"regexp_replace({compact}, {_literal('[.]Z')}, 'Z')"
        is_midnight = f"{text} rlike {_literal(_MIDNIGHT)}"
        midnight = f"regexp_replace({ended}, {_literal(_MIDNIGHT)}, {_literal('$100$2')})"
        instant = (
            f"case when {is_midnight} then try_cast({midnight} as timestamp) + interval 1 day"
            f" else try_cast({ended} as timestamp) end"
        )
        bounds = (
            "timestamp'0001-01-01 00:00:00+00:00' and timestamp'9999-12-31 23:59:59.999999+00:00'"
        )
        return _if_like(text, _INSTANT, f"case when {instant} between {bounds} then {instant} end")

    def _double(self, text: str) -> str:
        """Infinite only where the text says so."""
        digits = f"replace(regexp_replace({text}, {_literal(_SPACING)}, ''), '+-', '-')"
        number = f"try_cast({digits} as double)"
        said = f"(lower({text}) like '%inf%' or abs({number}) < double('inf'))"
        finite = f"case when {said} then {number} end"
        value = f"case when lower({text}) like '%nan%' then double('nan') else {finite} end"
        return _if_like(text, _DOUBLE, value)

    def _integer(self, text: str, type_name: str) -> str:
        """Digits exactly; `12.0` and `1e3` where they are whole; never rounded."""
        number = _if_like(text, _NUMBER, f"try_cast({text} as double)")
        # 2**63 is one more than the greatest, but not as a double.
        is_whole = f"{number} = floor({number}) and {number} < 9223372036854775807"
        return (
            f"case when {text} rlike {_literal(_WHOLE)}"
            f" then try_cast({text} as {type_name})"
            f" when {is_whole} then try_cast({number} as {type_name}) end"
        )

    def bigint(self, text: str) -> str:
        return self._integer(text, "bigint")

    def instant(self, micros: str) -> str:
        return f"timestamp_micros({micros})"

    def rescue(self, kept: str, carried: str) -> str:
        return RESCUED

    def names_where(self, conditions: list[tuple[str, str]]) -> str:
        if not conditions:
            return self.no_names()
        cases = ", ".join(f"case when {holds} then '{name}' end" for name, holds in conditions)
        return f"array_compact(array({cases}))"

    def no_names(self) -> str:
        return "cast(array() as array<string>)"

    def envelope_of(self, line: str) -> str:
        return PLAIN

    def envelope_struct(self, envelope: str) -> str:
        texts = ", ".join(f"{name} string" for name in (*ENVELOPE_FIELDS, "names"))
        places = ", ".join(f"{name}: string" for name in (*SOURCE_FIELDS, "first"))
        return f"from_json(nullif({envelope}, 'null'), '{texts}, source struct<{places}>')"

    def count_names(self, envelope: str) -> str:
        return "cast(e.names as int)"

    def row_of(self, image: str) -> str:
        return image

    def first_of_sequence(self) -> str:
        return "e.source.first"


def _literal(pattern: str) -> str:
    """The pattern as raw text of Spark SQL, which no escape changes."""
    return f"r'{pattern}'"


def _if_like(text: str, pattern: str, value: str) -> str:
    whole = f"^({pattern})" + r"\z"
    return f"case when {text} rlike {_literal(whole)} then {value} end"


def _within(number: str, bounds: tuple[int, int], value: str) -> str:
    return f"case when {number} between {bounds[0]} and {bounds[1]} then {value} end"
