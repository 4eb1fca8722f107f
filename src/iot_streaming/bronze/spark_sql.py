"""The bronze SELECT's engine-specific parts, as Spark 4 and Databricks say them.

Known to differ from DuckDB's, for Spark's JSON reader leaves no choice: nested values and numbers
are written anew (`1.50` becomes `1.5`, numbers past 17 digits lose the rest), and an object nested
more than 1,000 deep is corrupt. `_batch_id` and `_ingested_at` are the micro-batch's time.
"""

from iot_streaming.bronze.select import NOISE_OPS
from iot_streaming.contract import Column, Source

TYPES = {"string[]": "array<string>", "integer": "int"}

# The end of the year 9999, as microseconds and days since 1970.
_MAX_MICROS = 253402300799999999
_MAX_DAYS = 2932896
# No backslash in any pattern: Spark reads string literals with escapes.
_DECIMAL = "[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?|NAN|POSITIVE_INFINITY|NEGATIVE_INFINITY"
_OFFSET = ":[0-9.,]+ *([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
# Spark would take 12d and 1f for numbers, region names for offsets and a year for an instant.
_DOUBLE = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?|[+-]?(?i:nan|inf|infinity)"  # "NaN"
_DATE = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_INSTANT = f"{_DATE}([T ][0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]+)?)?)?"
_ZONE = "( ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?))?"
# JSON as RFC 8259 has it, which Spark takes more lightly.
_STRICT = "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')"


def spark_type(column: Column) -> str:
    """The Spark type of a declared column."""
    return TYPES.get(column.type, column.type)


class SparkDialect:
    """Dialect for Spark 4 in ANSI mode with the session in UTC; what can fail is tried."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def quoted(self, name: str) -> str:
        return f"`{name.replace('`', '``')}`"

    def is_object(self, line: str) -> str:
        # In brackets, for Spark reads no further than the object's end: {"a":1} and more.
        one = f"from_json(concat('[', {line}, ']'), 'array<struct<_none string>>', {_STRICT})"
        return (
            f"(coalesce(json_object_keys({line}) is not null"
            f" and size({one}) = 1 and {one}[0] is not null, false))"
        )

    def byte_count(self, line: str) -> str:
        return f"octet_length({line})"

    def reads_typed(self, column: Column) -> bool:
        return False

    def struct_of(self, document: str, columns: tuple[Column, ...]) -> str:
        fields = dict.fromkeys(column.field for column in columns)
        shape = ", ".join(f"{self.quoted(field)} string" for field in fields)
        return f"from_json({document}, '{shape}', {_STRICT})"

    def is_unsaid(self, document: str, field: str) -> str:
        return f"(get_json_object({document}, '$.{field}') is null)"

    def encoded(self, column: Column, text: str) -> str:
        """Boolean: the change's decimal may be one that decimals.decimal_digits has to decode."""
        is_plain = f"contains({text}, '.') or _record_kind is not null"
        if column.decimal is None:
            is_plain += f" or (not startswith({text}, '{{') and not contains(line, '\"payload\"'))"
        return f"({text} is not null and not ({is_plain}))"

    def is_string(self, field: str) -> str:
        """Boolean: the document says the field as a string."""
        value = f"try_variant_get(try_parse_json(document), '$.{field}', 'variant')"
        return f"(schema_of_variant({value}) = 'STRING')"

    def connect_schema(self) -> str:
        """The envelope's schema as JSON text, empty without."""
        schema = (
            "case when contains(line, '\"payload\"') then get_json_object(line, '$.schema') end"
        )
        return f"coalesce({schema}, '')"

    def cast(self, column: Column, text: str) -> str:
        if column.encoding == "utc_offset":
            return (
                f"case when {text} like '%Z' then 'Z'"
                f" when {text} is not null then nullif(regexp_extract({text}, '{_OFFSET}', 1), '')"
                " end"
            )
        if column.encoding == "decimal_text":
            return self._if_like(text, _DECIMAL, text)
        if column.encoding == "epoch_days":
            days = self._integer(text, "int")
            return (
                f"case when abs({days}) <= {_MAX_DAYS} then date_add(date'1970-01-01', {days}) end"
            )
        if column.encoding == "epoch_micros":
            micros = self._integer(text, "bigint")
            return f"case when abs({micros}) <= {_MAX_MICROS} then timestamp_micros({micros}) end"
        if column.decimal:
            # A plain cast rounds: what the scale can't hold must not pass as exact.
            exact = f"try_cast({text} as {column.type})"
            return f"case when {exact} = try_cast({text} as decimal(38,10)) then {exact} end"
        match column.type:
            case "string":
                return text
            case "timestamp":
                return self._if_like(text, _INSTANT + _ZONE, f"try_cast({text} as timestamp)")
            case "date":
                return self._if_like(text, _INSTANT, f"try_cast({text} as date)")
            case "boolean":
                return f"case lower({text}) when 'true' then true when 'false' then false end"
            case "integer" | "bigint":
                return self._integer(text, spark_type(column))
            case _:
                return self._if_like(text, _DOUBLE, f"try_cast({text} as double)")

    def _if_like(self, text: str, pattern: str, value: str) -> str:
        return f"case when {text} rlike '^({pattern})$' then {value} end"

    def _integer(self, text: str, type_name: str) -> str:
        """Digits exactly; `12.0` and `1e3` where they are whole; never rounded."""
        number = self._if_like(text, _DOUBLE, f"try_cast({text} as double)")
        return (
            f"case when {text} rlike '^[+-]?[0-9]+$' then try_cast({text} as {type_name})"
            f" when {number} = floor({number}) then try_cast({number} as {type_name}) end"
        )

    def count_fields(self, document: str) -> str:
        return f"size(json_object_keys({document}))"

    def rescue(self, document: str, carried: list[tuple[str, str]]) -> str:
        """A document that names a key twice is kept whole: no column can carry both values."""
        keys = f"json_object_keys({document})"
        cases = " ".join(f"when '{field}' then {is_carried}" for field, is_carried in carried)
        fields = f"cast(try_parse_json({document}) as map<string, variant>)"
        # One by one in the document's own order; a variant has one of its own.
        others = f"filter({keys}, k -> not case k {cases} else false end)"
        value = f"to_json(element_at({fields}, k))"
        members = f"transform({others}, k -> to_json(cast(k as variant)) || ':' || {value})"
        rest = f"'{{' || array_join({members}, ',') || '}}'"
        return (
            f"(case when size({keys}) <> size(array_distinct({keys})) then {document}"
            # What a variant can't hold is kept whole too.
            f" when {fields} is null then {document} else nullif({rest}, '{{}}') end)"
        )

    def names_where(self, conditions: list[tuple[str, str]]) -> str:
        if not conditions:
            return self.no_names()
        cases = ", ".join(f"case when {holds} then '{name}' end" for name, holds in conditions)
        return f"array_compact(array({cases}))"

    def no_names(self) -> str:
        return "cast(array() as array<string>)"

    def change_documents(self, lines: str) -> str:
        positions = ", ".join(f"{p}: string" for p in ("sequence", "lsn", "pos", "txId"))
        shape = (
            "before string, after string, op string, status string, ts_ms string, "
            f"source struct<{positions}, ts_us: string, ts_ms: string>"
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
        envelope is null and not _is_tombstone as _is_corrupt,
        case
            when e.op is null then null
            when _is_by_clock
                then concat(_source_file, ':', lpad(cast(_line_number as string), 10, '0'),
                    ':', e.op)
            when e.source.lsn is not null
                then concat_ws(':', e.source.txId, e.source.lsn, e.op)
        end as _change_id,
        case
            when _op is null or _op in ({noise}) or (_is_by_clock and e.op = 'r') then null
            when _is_by_clock then case when {micros} is not null then 'clock' end
            when _record_kind is null then 'log position'
            else 'change sequence'
        end as _ordered_by,
        case
            when e.op is null then null
            when _is_by_clock then case when e.op = 'r' then 0 else {micros} end
            when try_parse_json(e.source.sequence) is not null
                then coalesce(try_cast(get_json_object(e.source.sequence, '$[0]') as bigint), 0)
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
        timestamp_micros({micros}) as _committed_at,
        e.op = 'r' as _is_snapshot,
        case
            when _op in ({noise}, 'truncate') then null
            when e.op = 'd' then case when {self.is_object("e.before")} then e.before end
            when {self.is_object("e.after")} then e.after
        end as document
    from (
        select
            *,
            e.source.sequence is null as _is_by_clock,
            case
                when _is_tombstone then 'tombstone'
                when e.op in ('r', 'c', 'u') then 'upsert'
                when e.op = 'd' then 'delete'
                when e.op = 't' then 'truncate'
                when e.op is null and e.status in ('BEGIN', 'END') then 'transaction'
                when e.op is null and e.source is null and e.ts_ms is not null
                    and size(json_object_keys(envelope)) = 1 then 'heartbeat'
            end as _op
        from (
            select
                *,
                _record_kind is null
                    and (trim(line) = 'null' or coalesce(envelope = 'null', false))
                    as _is_tombstone,
                from_json(nullif(envelope, 'null'), '{shape}', {_STRICT}) as e
            from (
                select
                    *,
                    case
                        when _record_kind = 'corrupt' or not {self.is_object("line")} then null
                        when array_contains(json_object_keys(line), 'payload')
                            then coalesce(get_json_object(line, '$.payload'), 'null')
                        else line
                    end as envelope
                from {lines}
            )
        )
    )"""
