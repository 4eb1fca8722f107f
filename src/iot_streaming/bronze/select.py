"""A Source in, the one SELECT that types, rescues and flags its lines out. Text only, no engine.

The SELECT is a chain of named steps over a relation of raw lines:

    lines → documents → fields → texts → numbers → typed → rescued → flagged

`documents` finds the JSON object that carries the columns (the line itself, or a change's row),
`numbers` decodes a change's decimals, `typed` casts, `rescued` keeps what the columns don't
carry, `flagged` judges expectations. What an engine says its own way is a method of Dialect
(bronze.dialect).
"""

from collections.abc import Sequence

from iot_streaming.bronze.change_select import UNAVAILABLE, UNAVAILABLE_WORDS, change_documents
from iot_streaming.bronze.dialect import DecodingDialect, Dialect
from iot_streaming.contract import Column, Expectation, Source

CHANGE_COLUMNS = (
    Column("_op", "string", "upsert, delete, truncate, or the kind of a line without a row."),
    Column(
        "_change_id", "string", "The change at its source; a redelivery repeats it, but for clocks."
    ),
    Column("_ordered_by", "string", "log position, change sequence or clock: never compare two."),
    Column("_sequence_major", "bigint", "Commit order: end of the previous commit, 0 at first."),
    Column("_sequence_minor", "bigint", "Order within it: the log position."),
    Column("_sequence_sub", "integer", "At equal position a delete (0) precedes an upsert (1)."),
    Column("_committed_at", "timestamp", "When the source committed the change."),
    Column("_is_snapshot", "boolean", "Whether this is a row of the initial snapshot."),
    Column("_unavailable_columns", "string[]", "Columns whose unchanged value was not sent."),
)

LINE_COLUMNS = (
    Column("_rescued_data", "string", "JSON object of what the typed columns don't carry."),
    Column("_corrupt_record", "string", "The raw line, when it is no JSON object."),
    Column("_errors", "string[]", "Failed `drop` expectations; non-empty = quarantined."),
    Column("_warnings", "string[]", "Failed `warn` expectations."),
    Column("_quarantined_line", "string", "The line as it landed, where `_errors` has any."),
    Column("_line_bytes", "integer", "Bytes of the line or CSV record without its end."),
    Column("_source_file", "string", "Landing file, relative to the landing root."),
    Column("_source_file_modified_at", "timestamp", "When that file arrived."),
    Column("_ingested_at", "timestamp", "When its batch was planned; grows from batch to batch."),
    Column("_batch_id", "bigint", "The batch, counted per source."),
)


# What a relation of lines says besides: of Debezium's lines the number only where it is needed.
RECORD_COLUMNS = (
    Column("_line_number", "bigint", "Which line or record of its file, from 1."),
    Column(
        "_record_kind", "string", "dms: from a DMS record; corrupt: one not readable; NULL: a line."
    ),
    Column("_record_bytes", "integer", "Bytes of a DMS record as it lay in its file, of CSV only."),
)

# What predicates may use besides the table's columns. Adding an interval to each row's arrival
# costs DuckDB as much as parsing the row does; once a file is enough.
PREDICATE_COLUMNS = (
    Column("_day_after_arrival", "timestamp", "A day after `_source_file_modified_at`."),
)


def bronze_columns(source: Source) -> tuple[Column, ...]:
    """All columns of the source's bronze table, in order."""
    changes = CHANGE_COLUMNS if source.format == "debezium" else ()
    return (*source.columns, *changes, *LINE_COLUMNS)


def bronze_select(
    source: Source, dialect: DecodingDialect, lines: str, also: Sequence[str] = ()
) -> str:
    """The SELECT over `lines`: `line`, RECORD_COLUMNS, LINE_COLUMNS from `_source_file` on,
    PREDICATE_COLUMNS.

    Gives bronze_columns(source), one row out for each row in, and the columns of `lines` that
    `also` names.
    """
    texts = texts_select(source, dialect, lines)
    digits = [
        f"{dialect.digits(source, column, text_of(source, column))} as {number_of(column)}"
        for column in number_columns(source)
    ]
    numbers = f"select {', '.join(['*', *digits])} from ({texts})"
    return rows_select(source, dialect, typed_select(source, dialect, numbers), also)


def texts_select(source: Source, dialect: Dialect, lines: str) -> str:
    """The first half, up to `texts`: for an engine that decodes decimals outside of SQL."""
    return f"""with lines as (
    {lines}
),
documents as (
    {_documents(source, dialect)}
),
fields as (
    {dialect.fields_of("documents", source.columns)}
)
select
    *,
    {_texts(source, dialect)}
from fields"""


def typed_select(source: Source, dialect: Dialect, numbers: str) -> str:
    """The second part, over the first with number_of each of number_columns added.

    Adds the typed columns, and what to rescue: `_kept` and `_carried` of Dialect.rescue.
    """
    return f"""with numbers as (
    {numbers}
),
typed as (
    select
        *,
        {_typed(source, dialect)}
    from numbers
),
judged as (
    select
        *,
        {_kept(source)} as _kept
    from typed
)
select
    *,
    case when _kept in ('line', 'row') then {_carried(source, dialect)} end as _carried
from judged"""


def rows_select(source: Source, dialect: Dialect, typed: str, also: Sequence[str] = ()) -> str:
    """The last part, over the second: bronze_columns(source), then `also`."""
    columns = ",\n    ".join([*(column.name for column in bronze_columns(source)), *also])
    return f"""with typed as (
    {typed}
),
rescued as (
    select
        *,
        case when _kept is not null then {dialect.rescue("_kept", "_carried")} end
            as _rescued_data,
        {_corrupt(source)} as _corrupt_record,
        {_line_bytes(source, dialect)} as _line_bytes
    from typed
),
flagged as (
    select
        *,
        {_flags(source, dialect)}
    from rescued
)
select
    {columns}
from flagged"""


def _documents(source: Source, dialect: Dialect) -> str:
    if source.format == "debezium":
        return change_documents(dialect, "lines")
    return f"select *, {dialect.object_of('line')} as document from lines"


def _texts(source: Source, dialect: Dialect) -> str:
    """Each field's text; of a change only what the change truly says."""
    texts = []
    for number, field in enumerate(source.fields):
        text = f"f.{dialect.quoted(field)}"
        if source.format == "debezium":
            # A delete's other values are invented by the source under its default identity.
            spoken = "true" if field in source.key_fields else "_op <> 'delete'"
            text = f"case when {spoken} and {text} <> '{UNAVAILABLE}' then {text} end"
        texts.append(f"{text} as _text_{number}")
    return ",\n        ".join(texts)


def text_of(source: Source, column: Column) -> str:
    """The name under which `texts` has the column's field."""
    return f"_text_{source.fields.index(column.field)}"


def number_columns(source: Source) -> list[Column]:
    """The columns of changes that may be encoded decimals."""
    is_number = [c.decimal is not None or c.encoding == "decimal_text" for c in source.columns]
    numbers = [c for c, yes in zip(source.columns, is_number, strict=True) if yes]
    return numbers if source.format == "debezium" else []


def number_of(column: Column) -> str:
    """The name under which `numbers` has the column's digits."""
    return f"_number_{column.name}"


def _castable(source: Source, column: Column) -> str:
    return number_of(column) if column in number_columns(source) else text_of(source, column)


def _typed(source: Source, dialect: Dialect) -> str:
    typed = [
        f"{dialect.cast(column, _castable(source, column))} as {column.name}"
        for column in source.columns
    ]
    if source.format == "debezium":
        unchanged = [
            (
                column.name,
                f"coalesce(f.{dialect.quoted(column.field)} = '{UNAVAILABLE}', false)",
            )
            for column in source.columns
        ]
        # Not `like`: its underscores are wild, which costs DuckDB a quarter of the SELECT.
        typed.append(
            f"case when contains(document, '{UNAVAILABLE_WORDS}')"
            f" then {dialect.names_where(unchanged)}"
            f" else {dialect.no_names()} end as _unavailable_columns"
        )
    return ",\n        ".join(typed)


def _carriers(source: Source) -> list[Column]:
    """The columns that carry their field's whole value: one a field, none that cannot fail."""
    return [column for column in source.columns if column.encoding != "utc_offset"]


def _kept(source: Source) -> str:
    """NULL unless a cast lost something or there are fields that nobody declared."""
    lost = [
        f"({text_of(source, column)} is not null and {column.name} is null)"
        for column in _carriers(source)
        if column.type != "string" or column.encoding != "text"
    ]
    is_lost = f"({' or '.join([*lost, '_says_more'])})"
    if source.format != "debezium":
        return f"case when document is not null and {is_lost} then 'line' end"
    # A change that no column can carry is kept whole; a delete says nothing but its key.
    unplaced = "(_op is null or (_op in ('upsert', 'delete') and document is null))"
    return (
        f"case when envelope is not null and {unplaced} then 'envelope'"
        f" when document is not null and _op = 'upsert' and {is_lost} then 'row' end"
    )


def _carried(source: Source, dialect: Dialect) -> str:
    return dialect.names_where(
        [
            (
                column.field,
                f"({column.name} is not null or {_says_nothing(source, column, dialect)})",
            )
            for column in _carriers(source)
        ]
    )


def _says_nothing(source: Source, column: Column, dialect: Dialect) -> str:
    if dialect.reads_typed(column):
        return dialect.is_unsaid("document", column.field)
    return f"{text_of(source, column)} is null"


def _corrupt(source: Source) -> str:
    if source.format == "debezium":
        return "case when _is_corrupt then line end"
    return "case when document is null then line end"


def _line_bytes(source: Source, dialect: Dialect) -> str:
    bytes_of_line = dialect.byte_count("line")
    if source.format == "debezium":
        return f"case when _record_kind is null then {bytes_of_line} else _record_bytes end"
    return bytes_of_line


def _flags(source: Source, dialect: Dialect) -> str:
    errors = _broken(source.with_action("drop"), dialect, if_corrupt=["malformed_record"])
    warnings = _broken(source.with_action("warn"), dialect, if_corrupt=[])
    is_good = _all_kept(source.with_action("drop"))
    return f"""{errors} as _errors,
        {warnings} as _warnings,
        case when {is_good} then null else line end as _quarantined_line"""


def kept(rule: Expectation) -> str:
    """The rule as a boolean that is never NULL, the same on every engine."""
    return f"coalesce(({rule.predicate}), false)"


def _all_kept(rules: tuple[Expectation, ...]) -> str:
    """Boolean, NULL for no: the line was read and breaks none of the rules."""
    return " and ".join(["_corrupt_record is null", *(f"({r.predicate})" for r in rules)])


def _broken(rules: tuple[Expectation, ...], dialect: Dialect, if_corrupt: list[str]) -> str:
    """Names of the broken rules; the array is only built for rows that break one."""
    broken = dialect.names_where([(rule.name, f"not {kept(rule)}") for rule in rules])
    corrupt = dialect.names_where([(name, "true") for name in if_corrupt])
    return f"""case
            when {_all_kept(rules)} then {dialect.no_names()}
            when _corrupt_record is not null then {corrupt}
            else {broken}
        end"""
