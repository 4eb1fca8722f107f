"""The bronze SELECT's engine-specific parts, as DuckDB says them."""

import json

from iot_streaming.bronze.select import NOISE_OPS
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

# The name under which decimals.decimal_digits is registered.
DECIMAL_DIGITS = "iot_decimal_digits"
# The end of the year 9999.
_MAX_MICROS = 253402300799999999
# What JSON calls white space, but for the line feed that ends a line.
BLANKS = "' ' || chr(9) || chr(13)"
# As PostgreSQL writes numeric, and Debezium its special values.
_DECIMAL = r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?|NAN|POSITIVE_INFINITY|NEGATIVE_INFINITY"
_OFFSET = r":[0-9.,]+\s*([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$"


def duckdb_type(column: Column) -> str:
    """The DuckDB type of a declared column."""
    return TYPES.get(column.type, column.type)


def _of_our_era(text: str) -> str:
    """The text names a year from 0001 to 9999, which Arrow, Parquet and every engine can hold.

    Judged by the text, not by the value: a second cast would cost as much as the first.
    """
    return (
        f"{text} between '0001' and '9999-12-32' and substr({text}, 5, 1) = '-'"
        f" and not suffix({text}, ')')"  # 0044-03-15 (BC)
    )


class DuckDBDialect:
    """Dialect for DuckDB 1.5, measured: raw text, one json_transform, casts from strings.

    `json_transform` and `json_keys` raise on malformed text, so they only ever see `document`,
    which is NULL unless it is an object.
    """

    def __init__(self, source: Source) -> None:
        self.source = source

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    def is_object(self, line: str) -> str:
        # ltrim copies its text: only lines that begin otherwise pay for it.
        begins = f"starts_with({line}, '{{') or starts_with(ltrim({line}, {BLANKS}), '{{')"
        return f"(({begins}) and json_valid({line}))"

    def byte_count(self, line: str) -> str:
        return f"cast(strlen({line}) as integer)"

    def reads_typed(self, column: Column) -> bool:
        # Writing a number as text only to read it again costs a third of the whole parse.
        return self.source.format == "json" and column.type == "double"

    def struct_of(self, document: str, columns: tuple[Column, ...]) -> str:
        shape = {c.field: "DOUBLE" if self.reads_typed(c) else "VARCHAR" for c in columns}
        return f"json_transform({document}, '{json.dumps(shape)}')"

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
            # The one thing that becomes a number without being one: true is read as 1.
            is_boolean = f"""json_type(document, '$."{column.field}"') = 'BOOLEAN'"""
            spelled = "(contains(document, 'true') or contains(document, 'false'))"
            misread = f"{text} in (0, 1) and {spelled} and {is_boolean}"
            return f"case when {misread} then null else {text} end"
        if column.encoding == "utc_offset":
            return (
                f"case when {text} like '%Z' then 'Z'"
                f" when {text} is not null then nullif(regexp_extract({text}, '{_OFFSET}', 1), '')"
                " end"
            )
        if column.encoding == "decimal_text":
            return f"case when regexp_full_match({text}, '{_DECIMAL}') then {text} end"
        if column.encoding == "epoch_days":
            return f"try(date '1970-01-01' + {self._integer(text, 'integer')})"
        if column.encoding == "epoch_micros":
            micros = self._integer(text, "bigint")
            return f"case when abs({micros}) <= {_MAX_MICROS} then make_timestamptz({micros}) end"
        if column.decimal:
            # A plain cast rounds: what the scale can't hold must not pass as exact.
            return (
                f"case when try_cast({text} as {column.type}) = try_cast({text} as decimal(38,10))"
                f" then try_cast({text} as {column.type}) end"
            )
        match column.type:
            case "string":
                return text
            case "timestamp":
                return f"case when {_of_our_era(text)} then try_cast({text} as timestamptz) end"
            case "date":
                return f"case when {text} not like '%inf%' then try_cast({text} as date) end"
            case "boolean":
                return f"case lower({text}) when 'true' then true when 'false' then false end"
            case "integer" | "bigint":
                return self._integer(text, column.type)
            case _:
                return f"try_cast({text} as {duckdb_type(column)})"

    def _integer(self, text: str, type_name: str) -> str:
        """Digits exactly; `12.0` and `1e3` where they are whole; never rounded."""
        number = f"try_cast({text} as double)"
        return (
            f"case when regexp_full_match({text}, '[+-]?[0-9]+')"
            f" then try_cast({text} as {type_name})"
            f" when {number} = floor({number}) then try_cast({number} as {type_name}) end"
        )

    def count_fields(self, document: str) -> str:
        return f"len(json_keys({document}))"

    def rescue(self, document: str, carried: list[tuple[str, str]]) -> str:
        """A document that names a key twice is kept whole: no column can carry both values."""
        keys = f"json_keys({document})"
        # RFC 7396: a null in the patch removes the field.
        nulls = ", ".join(
            f"case when {is_carried} then '{json.dumps(field)}:null' end"
            for field, is_carried in carried
        )
        rest = f"json_merge_patch({document}, '{{' || concat_ws(',', {nulls}) || '}}')"
        return (
            f"(case when len({keys}) <> len(list_distinct({keys})) then {document}"
            f" else nullif({rest}, '{{}}') end)"
        )

    def names_where(self, conditions: list[tuple[str, str]]) -> str:
        if not conditions:
            return self.no_names()
        cases = ", ".join(f"case when {holds} then '{name}' end" for name, holds in conditions)
        # Names hold no comma; a lambda over a list of NULLs costs five times as much.
        return f"coalesce(string_split(nullif(concat_ws(',', {cases}), ''), ','), [])"

    def no_names(self) -> str:
        return "cast([] as varchar[])"

    def change_documents(self, lines: str) -> str:
        positions = ("sequence", "lsn", "pos", "txId", "ts_us", "ts_ms")
        shape = json.dumps(
            {
                "before": "VARCHAR",
                "after": "VARCHAR",
                "op": "VARCHAR",
                "status": "VARCHAR",
                "ts_ms": "VARCHAR",
                "source": dict.fromkeys(positions, "VARCHAR"),
            }
        )
        noise = ", ".join(f"'{kind}'" for kind in NOISE_OPS)
        # No time at all is past the year 9999, whatever a line says.
        micros = (
            f"case when abs(try_cast(e.source.ts_us as bigint)) <= {_MAX_MICROS}"
            " then try_cast(e.source.ts_us as bigint)"
            f" when abs(try_cast(e.source.ts_ms as bigint)) <= {_MAX_MICROS // 1000}"
            " then 1000 * try_cast(e.source.ts_ms as bigint) end"
        )
        return f"""select
        *,
        _record_kind is null and (trim(line) = 'null' or envelope = 'null') as _is_tombstone,
        not _is_tombstone and envelope is null as _is_corrupt,
        e.source.sequence is null as _is_by_clock,
        case
            when _is_tombstone then 'tombstone'
            when e.op in ('r', 'c', 'u') then 'upsert'
            when e.op = 'd' then 'delete'
            when e.op = 't' then 'truncate'
            when e.op is null and e.status in ('BEGIN', 'END') then 'transaction'
            when e.op is null and e.source is null and e.ts_ms is not null
                and len(json_keys(envelope)) = 1 then 'heartbeat'
        end as _op,
        case
            when _op is null or _op in ({noise}) or (_is_by_clock and e.op = 'r') then null
            when _is_by_clock then case when {micros} is not null then 'clock' end
            when _record_kind is null then 'log position'
            else 'change sequence'
        end as _ordered_by,
        case
            when e.op is null then null
            when _is_by_clock
                then _source_file || ':' || lpad(cast(_line_number as varchar), 10, '0')
                    || ':' || e.op
            when e.source.lsn is not null
                then concat_ws(':', e.source.txId, e.source.lsn, e.op)
        end as _change_id,
        case
            when e.op is null then null
            when _is_by_clock then case when e.op = 'r' then 0 else {micros} end
            when json_valid(e.source.sequence)
                then coalesce(try_cast(json_extract_string(e.source.sequence, '$[0]') as bigint), 0)
        end as _sequence_major,
        case
            when _is_by_clock and e.op = 'r' then coalesce({micros}, 0)
            when _is_by_clock
                then coalesce(try_cast(coalesce(e.source.lsn, e.source.pos) as bigint), 0)
            else try_cast(e.source.lsn as bigint)
        end as _sequence_minor,
        case
            when e.op is null then null
            when e.op = 'd' and not _is_by_clock then 0
            else 1
        end as _sequence_sub,
        make_timestamptz({micros}) as _committed_at,
        e.op = 'r' as _is_snapshot,
        case
            when _op in ({noise}, 'truncate') then null
            when e.op = 'd' then case when {self.is_object("e.before")} then e.before end
            when {self.is_object("e.after")} then e.after
        end as document
    from (
        select *, case when envelope is not null then json_transform(envelope, '{shape}') end as e
        from (
            select
                *,
                case when _record_kind = 'corrupt' or not {self.is_object("line")} then null
                    when contains(line, '"payload"')
                        then coalesce(json_extract(line, '$.payload'), line)
                    else line
                end as envelope
            from {lines}
        )
    )"""
