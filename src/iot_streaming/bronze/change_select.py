"""Lines of changes in, the change columns and each change's row out: one SQL for every engine.

Debezium's envelope, bare or in Kafka Connect's `payload`; bronze.dms makes one of each of AWS
DMS's records.
"""

from iot_streaming.bronze.dialect import MICROS, Dialect

UNAVAILABLE = "__debezium_unavailable_value"
# What a row says that has it, however JSON writes its first characters.
UNAVAILABLE_WORDS = UNAVAILABLE.lstrip("_")
NOISE_OPS = ("tombstone", "heartbeat", "transaction")


def change_documents(dialect: Dialect, lines: str) -> str:
    """`lines` with the change columns, `envelope`, `document` and `_is_corrupt` added.

    A place in the order, by `_ordered_by`: log position (Debezium's `sequence`, `lsn`), change
    sequence (DMS), or clock (commit time, position in the log where there is one, file, line).
    Snapshots come before all changes.
    """
    noise = ", ".join(f"'{kind}'" for kind in NOISE_OPS)
    return f"""select
        *,
        not _is_tombstone and envelope is null as _is_corrupt,
        case
            when _op is null or _op in ({noise}) or (_is_by_clock and _is_snapshot) then null
            when _is_by_clock then case when _micros is not null then 'clock' end
            when _record_kind is null then 'log position'
            else 'change sequence'
        end as _ordered_by,
        {_change_id()} as _change_id,
        {_sequence_major(dialect)} as _sequence_major,
        {_sequence_minor(dialect)} as _sequence_minor,
        case
            when e.op is null then null
            when e.op = 'd' and not _is_by_clock then 0
            else 1
        end as _sequence_sub,
        {dialect.instant("_micros")} as _committed_at,
        case
            when _op in ({noise}, 'truncate') then null
            when e.op = 'd' then {dialect.row_of("e.before")}
            else {dialect.row_of("e.after")}
        end as document
    from ({_placed(dialect, _envelopes(dialect, lines))})"""


def _envelopes(dialect: Dialect, lines: str) -> str:
    return f"""
        select
            *,
            _record_kind is null and coalesce(envelope = 'null', false) as _is_tombstone,
            {dialect.envelope_struct("envelope")} as e
        from (
            select
                *,
                case
                    when _record_kind = 'corrupt' then null else {dialect.envelope_of("line")}
                end as envelope
            from {lines}
        )"""


def _placed(dialect: Dialect, envelopes: str) -> str:
    return f"""
        select
            *,
            e.source.sequence is null as _is_by_clock,
            e.op = 'r' as _is_snapshot,
            {_op(dialect)} as _op,
            {_micros(dialect)} as _micros,
            {dialect.first_of_sequence()} as _previous_commit
        from ({envelopes})"""


def _op(dialect: Dialect) -> str:
    return f"""case
                when _is_tombstone then 'tombstone'
                when e.op in ('r', 'c', 'u') then 'upsert'
                when e.op = 'd' then 'delete'
                when e.op = 't' then 'truncate'
                when e.op is null and e.status in ('BEGIN', 'END') then 'transaction'
                when e.op is null and e.source is null and e.ts_ms is not null
                    and {dialect.count_names("envelope")} = 1 then 'heartbeat'
            end"""


def _micros(dialect: Dialect) -> str:
    """No time at all is outside of the years 1 to 9999, whatever a line says."""
    micros, millis = dialect.bigint("e.source.ts_us"), dialect.bigint("e.source.ts_ms")
    least, greatest = MICROS
    return f"""case
                when {micros} between {least} and {greatest} then {micros}
                when {millis} between {least // 1000} and {greatest // 1000} then 1000 * {millis}
            end"""


def _change_id() -> str:
    return """case
            when e.op is null then null
            when _is_by_clock
                then _source_file || ':' || lpad('' || _line_number, 10, '0') || ':' || e.op
            when e.source.lsn is not null then concat_ws(':', e.source.txId, e.source.lsn, e.op)
        end"""


def _sequence_major(dialect: Dialect) -> str:
    return f"""case
            when e.op is null then null
            when _is_by_clock then case when e.op = 'r' then 0 else _micros end
            when _previous_commit is not null
                then coalesce({dialect.bigint("_previous_commit")}, 0)
        end"""


def _sequence_minor(dialect: Dialect) -> str:
    return f"""case
            when _is_by_clock and e.op = 'r' then coalesce(_micros, 0)
            when _is_by_clock
                then coalesce({dialect.bigint("coalesce(e.source.lsn, e.source.pos)")}, 0)
            else {dialect.bigint("e.source.lsn")}
        end"""
