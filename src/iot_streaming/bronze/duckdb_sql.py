"""The bronze SELECT's engine-specific parts, as DuckDB says them."""

import json

from iot_streaming.bronze.dialect import (
    DAYS,
    ENVELOPE_FIELDS,
    MICROS,
    SOURCE_FIELDS,
    says_more,
)
from iot_streaming.contract import Column, Source

TYPES = {
    "string": "varchar",
    "string[]": "varchar[]",
    "integer": "integer",
    "bigint": "bigint",
    "double": "double",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "date": "date",
}

# The names under which decimals.decimal_digits and two of bronze.json_lines are registered.
DECIMAL_DIGITS = "iot_decimal_digits"
IS_OBJECT = "iot_is_object"
RESCUED = "iot_rescued"
# What JSON calls white space, but for the line feed that ends a line.
BLANKS = "' ' || chr(9) || chr(13)"
# As PostgreSQL writes numeric, and Debezium its special values.
_DECIMAL = r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?|NAN|POSITIVE_INFINITY|NEGATIVE_INFINITY"
_NUMBER = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
_PLAIN_DECIMAL = r"[+-]?([0-9]+[.]?[0-9]{0,10}0*|[.][0-9]{1,10}0*)"
_OFFSET = r":[0-9.,]+ *([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
# No region: what New York's clocks say now is not what they will always have said.
_INSTANT = (
    rf"{_DATE}([T ][0-9]{{1,2}}:[0-9]{{1,2}}(:[0-9]{{1,2}}([.][0-9]+)?"
    r"(Z|[+-](0[0-9]|1[0-7])(:?[0-5][0-9])?)?)?)?"
)
# What DuckDB's reader takes and RFC 8259 does not: trailing commas, NaN and Infinity.
_LAX = r",\s*[}\]]|(^|[:\[,\s])-?[nNiI][aAnN][nNfF]"
# As the writers of JSON spell them.
_BARE_WORDS = ("NaN", "Infinity", "-Infinity")
# Numbers that a double may not hold: read and written again they would lose digits.
_LONG_NUMBER = r"[0-9.]{16}|[0-9][eE]"
# Numbers that DuckDB may write otherwise than they stand there: long, with an exponent, -0 and so
# on, a fraction that ends with a zero, a very small one. What a string holds may look like one.
_REWRITTEN = r"[:\[,]\s*(-0|-?([0-9.]{16}|[0-9.]+[eE]|[0-9]+[.][0-9]*0[^0-9]|0[.]00))"


def duckdb_type(column: Column) -> str:
    """The DuckDB type of a declared column."""
    return TYPES.get(column.type, column.type)


class DuckDBDialect:
    """Dialect for DuckDB 1.5, measured: raw text, one json_transform, casts from strings.

    `json_transform` and `json_keys` raise on malformed text, so they only ever see `document`,
    which is NULL unless it is an object.
    """

    def __init__(self, source: Source) -> None:
        self.source = source

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    def object_of(self, line: str) -> str:
        # ltrim copies its text: only lines that begin otherwise pay for it.
        begins = f"starts_with({line}, '{{') or starts_with(ltrim({line}, {BLANKS}), '{{')"
        return (
            f"case when ({begins}) and json_valid({line}) then"
            f" case when {self._may_be_lax(line)}"
            f" then case when {IS_OBJECT}({line}) then {line} end"
            f" else {line} end end"
        )

    def _may_be_lax(self, text: str) -> str:
        """Trailing commas anywhere, bare words in what is nested; elsewhere by `_has_bare_word`."""
        nested = f"contains({text}, '[') or {text} like '%{{%{{%'"
        ends = " or ".join(f"suffix({text}, {end})" for end in ("',}'", "' }'", "chr(9) || '}'"))
        # Most end with a string.
        odd_end = f"case when suffix({text}, '\"}}') then false"
        odd_end += f" else {ends} or not suffix({text}, '}}') end"
        doubt = f"{nested} or {odd_end}"
        return f"case when {doubt} then regexp_matches({text}, '{_LAX}') else false end"

    def byte_count(self, line: str) -> str:
        return f"cast(strlen({line}) as integer)"

    def reads_typed(self, column: Column) -> bool:
        # Writing a number as text only to read it again costs a third of the whole parse.
        return self.source.format == "json" and column.type == "double"

    def fields_of(self, documents: str, columns: tuple[Column, ...]) -> str:
        shape = {c.field: "DOUBLE" if self.reads_typed(c) else "VARCHAR" for c in columns}
        struct = f"json_transform(document, '{json.dumps(shape)}')"
        bare = " or ".join(self._is_bare_word(c) for c in columns if c.encoding != "utc_offset")
        names = [f"_read.{self.quoted(field)}" for field in shape]
        more = says_more("len(json_keys(document))", names)
        # A CASE that all rows of a vector pass costs nothing; AND may try its costly half first.
        return f"""select
        * exclude (_read, _more, _is_sound)
            replace (case when _is_sound then document end as document),
        case when _is_sound then _read end as f,
        case when _is_sound then _more end as _says_more
    from (
        select
            *,
            case
                when {bare} then {IS_OBJECT}(document)
                when _more
                    then case
                        when regexp_matches(document, '{_LAX}') then {IS_OBJECT}(document)
                        else true
                    end
                else true
            end as _is_sound
        from (
            select *, {more} as _more from (select *, {struct} as _read from {documents})
        )
    )"""

    def _is_bare_word(self, column: Column) -> str:
        """Boolean: the field may be NaN or an infinity without quotes, where nothing is nested.

        In fields of text only as writers of JSON spell them: another spelling (nan, INF) passes for
        a text there, which Spark calls corrupt. To look for all would cost a tenth of the SELECT.
        """
        text = f"_read.{self.quoted(column.field)}"
        if self.reads_typed(column):
            return f"not isfinite({text})"
        if column.type == "string":
            return " or ".join(f"{text} = '{word}'" for word in _BARE_WORDS)
        return f"not {text} between '0' and ':'"

    def is_unsaid(self, document: str, field: str) -> str:
        return f"""coalesce(json_type({document}, '$."{field}"'), 'NULL') = 'NULL'"""

    def digits(self, source: Source, column: Column, text: str) -> str:
        """Almost all are plain text with a point, which no base64 has: those stay in DuckDB."""
        is_plain = f"contains({text}, '.') or _record_kind is not null"
        if column.decimal is None:
            is_plain += f" or (not starts_with({text}, '{{') and not contains(line, '\"payload\"'))"
        scale = column.decimal[1] if column.decimal else -1
        is_string = f"json_type(document, '$.\"{column.field}\"') = 'VARCHAR'"
        schema = "case when contains(line, '\"payload\"') then json_extract(line, '$.schema') end"
        return (
            f"case when {text} is null or {is_plain} then {text} else {DECIMAL_DIGITS}({text}, "
            f"{is_string}, '{column.field}', {scale}, coalesce(cast({schema} as varchar), ''), "
            f"'{source.decimals}') end"
        )

    def cast(self, column: Column, text: str) -> str:
        if self.reads_typed(column):
            return self._read_typed(column, text)
        match column.encoding:
            case "utc_offset":
                return (
                    f"case when {text} like '%Z' then 'Z' when {text} is not null"
                    f" then nullif(regexp_extract({text}, '{_OFFSET}', 1), '') end"
                )
            case "decimal_text":
                return f"case when regexp_full_match({text}, '{_DECIMAL}') then {text} end"
            case "epoch_days":
                days = self._integer(text, "integer")
                return _within(days, DAYS, f"date '1970-01-01' + {days}")
            case "epoch_micros":
                micros = self._integer(text, "bigint")
                return _within(micros, MICROS, self.instant(micros))
        if column.decimal:
            return self._decimal(column, text)
        match column.type:
            case "string":
                return text
            case "timestamp":
                return self._timestamp(text)
            case "date":
                return (
                    f"case when regexp_full_match({text}, '{_DATE}') and {text} >= '0001'"
                    f" then try_cast({text} as date) end"
                )
            case "boolean":
                return f"case lower({text}) when 'true' then true when 'false' then false end"
            case "integer" | "bigint":
                return self._integer(text, column.type)
            case _:
                return self._finite(f"try_cast({text} as double)", text)

    def _read_typed(self, column: Column, number: str) -> str:
        """What becomes a number without being one: true is read as 1, 1e400 as infinity."""
        path = f"""document, '$."{column.field}"'"""
        spelled = "(contains(document, 'true') or contains(document, 'false'))"
        misread = (
            f"case when {number} in (0, 1) then case when {spelled}"
            f" then json_type({path}) = 'BOOLEAN' else false end else false end"
        )
        finite = self._finite(number, f"json_extract_string({path})")
        return f"case when {misread} then null else {finite} end"

    def _finite(self, number: str, text: str) -> str:
        """The number, unless it is infinite without saying so."""
        said = f"case when regexp_matches({text}, '(?i)inf') then {number} end"
        return f"case when isinf({number}) then {said} else {number} end"

    def _decimal(self, column: Column, text: str) -> str:
        """A plain cast rounds: what the scale can't hold must not pass as exact."""
        wide = f"try_cast({text} as decimal(38,10))"
        exact = f"try_cast({text} as {column.type}) = {wide}"
        return (
            f"case when {exact} and regexp_full_match({text}, '{_PLAIN_DECIMAL}')"
            f" then try_cast({text} as {column.type}) end"
        )

    def _timestamp(self, text: str) -> str:
        """Almost all end with a Z: for those a look at where the marks stand is enough.

        The first day of the year 1 and the last of 9999 reach beyond in some offsets.
        """
        instant = f"try_cast({text} as timestamptz)"
        # The one region that ends so is NZ.
        marks = f"{text} like '____-__-__T__:__:__%Z' and not suffix({text}, 'NZ')"
        years = f"{text} between '0001' and '9999-12-31T24'"
        bounds = (
            "timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'"
        )
        return (
            f"case when {marks} and {years} then {instant}"
            f" when regexp_full_match({text}, '{_INSTANT}') and {instant} between {bounds}"
            f" then {instant} end"
        )

    def _integer(self, text: str, type_name: str) -> str:
        """Digits exactly; `12.0` and `1e3` where they are whole; never rounded."""
        number = f"try_cast({text} as double)"
        return (
            f"case when regexp_full_match({text}, '[+-]?[0-9]+')"
            f" then try_cast({text} as {type_name})"
            f" when {number} = floor({number}) and regexp_full_match({text}, '{_NUMBER}')"
            f" then try_cast({number} as {type_name}) end"
        )

    def bigint(self, text: str) -> str:
        # Digits and nothing else are told apart quicker than by a pattern.
        plain = f"try_cast({text} as bigint)"
        return (
            f"case when cast({plain} as varchar) = {text} then {plain}"
            f" else {self._integer(text, 'bigint')} end"
        )

    def instant(self, micros: str) -> str:
        return f"make_timestamptz({micros})"

    def rescue(self, kept: str, carried: str) -> str:
        """DuckDB writes numbers anew, so long ones are rescued without it.

        An id of hexadecimal digits passes for a long number in half of the lines, and Python takes
        40 times as long for one: only where it writes something else than DuckDB would.
        """
        keys = "json_keys(document)"
        # RFC 7396: a null in the patch removes the field.
        nulls = f"""'{{"' || array_to_string({carried}, '":null,"') || '":null}}'"""
        patch = f"case when len({carried}) = 0 then '{{}}' else {nulls} end"
        whole = f" when {kept} = 'envelope' then envelope"
        return (
            f"case when regexp_matches(line, '{_LONG_NUMBER}')"
            f" and regexp_matches(line, '{_REWRITTEN}')"
            f" then {RESCUED}(line, {kept}, coalesce({carried}, []))"
            f"{whole if self.source.format == 'debezium' else ''}"
            f" when len({keys}) <> len(list_distinct({keys})) then document"
            f" else nullif(json_merge_patch(document, {patch}), '{{}}') end"
        )

    def names_where(self, conditions: list[tuple[str, str]]) -> str:
        if not conditions:
            return self.no_names()
        cases = ", ".join(f"case when {holds} then '{name}' end" for name, holds in conditions)
        # A lambda over a list of NULLs costs five times as much.
        return f"coalesce(string_split(nullif(concat_ws(chr(31), {cases}), ''), chr(31)), [])"

    def no_names(self) -> str:
        return "cast([] as varchar[])"

    def envelope_of(self, line: str) -> str:
        wrapped = f"coalesce(json_extract({line}, '$.payload'), {line})"
        return (
            f"case when {self.object_of(line)} is not null then"
            # A change is full of quotes: without the first, the word is found much sooner.
            f" case when contains({line}, 'payload\"') then {wrapped} else {line} end"
            f" when trim({line}, {BLANKS}) = 'null' then 'null' end"
        )

    def envelope_struct(self, envelope: str) -> str:
        texts: dict[str, object] = dict.fromkeys(ENVELOPE_FIELDS, "VARCHAR")
        shape = texts | {"source": dict.fromkeys(SOURCE_FIELDS, "VARCHAR")}
        transformed = f"json_transform({envelope}, '{json.dumps(shape)}')"
        return f"case when {envelope} is not null then {transformed} end"

    def count_names(self, envelope: str) -> str:
        return f"len(json_keys({envelope}))"

    def row_of(self, image: str) -> str:
        return self.object_of(image)

    def first_of_sequence(self) -> str:
        text = "e.source.sequence"
        is_lax = f"regexp_matches({text}, '{_LAX}')"
        is_sound = f"""{IS_OBJECT}('{{"sequence":' || {text} || '}}')"""
        first = f"coalesce(json_extract_string({text}, '$[0]'), '')"
        return (
            f"case when json_valid({text}) then"
            f" case when {is_lax} then case when {is_sound} then {first} end else {first} end end"
        )


def _within(number: str, bounds: tuple[int, int], value: str) -> str:
    return f"case when {number} between {bounds[0]} and {bounds[1]} then {value} end"
