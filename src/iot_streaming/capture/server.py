"""A DSN in, a PostgreSQL that is fit to be captured out, or what to change about it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from iot_streaming.capture.memory import Memory
from iot_streaming.capture.wanted import KEYS, Wanted
from iot_streaming.errors import CaptureFailed, ConfigurationError, MissingDependency

_OLDEST = 14  # the first whose pgoutput carries messages, which keep an idle slot moving
_INSTALL = "pip install 'iot-streaming[capture]'"

_PORTS = re.compile(r"[0-9,]*")

_MAY_REPLICATE = """
select rolsuper or rolreplication
    or coalesce((select pg_has_role(rolname, oid, 'member') from pg_roles as managed
                 where managed.rolname = 'rds_replication'), false)
from pg_roles where rolname = current_user
"""

# The columns that a delete names a row by: the primary key, or what REPLICA IDENTITY says.
_TABLE = """
select
    class.relreplident,
    has_table_privilege(class.oid, 'select'),
    coalesce(array_agg(attribute.attname::text) filter (where attribute.attname is not null), '{}')
from pg_class as class
inner join pg_namespace as namespace on class.relnamespace = namespace.oid
left join pg_index as index
    on class.oid = index.indrelid
    and case class.relreplident
        when 'd' then index.indisprimary
        when 'i' then index.indisreplident
        else false
    end
left join pg_attribute as attribute
    on class.oid = attribute.attrelid
    and attribute.attnum = any (index.indkey::int2[])
where namespace.nspname = %s and class.relname = %s and class.relkind in ('r', 'p')
group by class.oid, class.relreplident
"""

_SLOT = """
select
    plugin,
    database = current_database(),
    coalesce(wal_status, ''),
    active_pid,
    (confirmed_flush_lsn - '0/0'::pg_lsn)::bigint
from pg_replication_slots where slot_name = %s
"""


@contextmanager
def connected(wanted: Wanted) -> Iterator[Any]:
    """An autocommitting psycopg connection; its `info` has all that the DSN left to defaults."""
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise MissingDependency(f"iot capture needs its extra: {_INSTALL}") from None
    try:
        read = conninfo_to_dict(wanted.dsn)
    except psycopg.Error:
        read = {"port": "none"}
    # An unescaped @ or / in a password leaves a piece of it in the host, port or database, and
    # the driver's own words would repeat that.
    if "@" in f"{read.get('host')}{read.get('dbname')}" or not _PORTS.fullmatch(
        str(read.get("port", ""))
    ):
        raise ConfigurationError(
            "the DSN can't be read; it looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE, "
            "with %40 for @ and %2F for / in the password"
        )
    try:
        connection = psycopg.connect(
            wanted.dsn, autocommit=True, connect_timeout=10, application_name="iot capture"
        )
    except psycopg.OperationalError as error:
        raise CaptureFailed(f"PostgreSQL can't be reached: {str(error).strip()}") from None
    with connection:
        yield connection


def require_capturable(connection: Any, wanted: Wanted) -> None:
    """ConfigurationError naming the statement that mends it, for the first thing that is amiss."""
    if connection.info.host.startswith("/"):
        raise ConfigurationError(
            "the engine speaks TCP only: name a host in the DSN, such as localhost, "
            f"not the socket in {connection.info.host}"
        )
    version = connection.info.server_version // 10_000
    if version < _OLDEST:
        raise ConfigurationError(f"PostgreSQL {version} is too old; {_OLDEST} or newer is needed")
    level = _one(connection, "select current_setting('wal_level')")[0]
    if level != "logical":
        raise ConfigurationError(
            f"the server's wal_level is {level}, row changes can't be read from it; as a "
            "superuser: alter system set wal_level = 'logical'; then restart the server"
        )
    user = connection.info.user
    if not _one(connection, _MAY_REPLICATE)[0]:
        raise ConfigurationError(
            f'role {user} may not read the log; as a superuser: alter role "{user}" replication; '
            f'(on RDS: grant rds_replication to "{user}";)'
        )
    for table in wanted.tables:
        _require_table(connection, wanted.schema, table, user)
    _ensure_publication(connection, wanted)


def _require_table(connection: Any, schema: str, table: str, user: str) -> None:
    found = connection.execute(_TABLE, (schema, table)).fetchone()
    if found is None:
        raise ConfigurationError(
            f"there is no table {schema}.{table} in database {connection.info.dbname}; choose "
            "others with --tables, or another --schema"
        )
    identity, readable, columns = found
    if not readable:
        raise ConfigurationError(
            f"role {user} may not read {schema}.{table}; as its owner: "
            f'grant select on {schema}.{table} to "{user}";'
        )
    if identity != "f" and not set(KEYS[table]) <= set(columns):
        key = ", ".join(KEYS[table])
        raise ConfigurationError(
            f"deletes in {schema}.{table} would not name their {key}; make it the primary key, "
            f"or: alter table {schema}.{table} replica identity full;"
        )


def _ensure_publication(connection: Any, wanted: Wanted) -> None:
    import psycopg

    tables = ", ".join(f"{wanted.schema}.{table}" for table in wanted.tables)
    found = connection.execute(
        "select pubinsert and pubupdate and pubdelete and pubtruncate from pg_publication "
        "where pubname = %s",
        (wanted.publication,),
    ).fetchone()
    if found is None:
        # Names are checked against a pattern in Wanted; no other text gets here.
        create = f"create publication {wanted.publication} for table {tables}"
        try:
            connection.execute(create)
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f"there is no publication {wanted.publication} and role {connection.info.user} "
                f"may not make it ({error.diag.message_primary}); as the tables' owner: {create};"
            ) from None
        return
    if not found[0]:
        raise ConfigurationError(
            f"publication {wanted.publication} leaves some operations out; as its owner: "
            f"alter publication {wanted.publication} set "
            "(publish = 'insert, update, delete, truncate');"
        )
    rows = connection.execute(
        "select tablename from pg_publication_tables where pubname = %s and schemaname = %s",
        (wanted.publication, wanted.schema),
    ).fetchall()
    missing = sorted(set(wanted.tables) - {row[0] for row in rows})
    if missing:
        added = ", ".join(f"{wanted.schema}.{table}" for table in missing)
        raise ConfigurationError(
            f"publication {wanted.publication} lacks {added}; as its owner: "
            f"alter publication {wanted.publication} add table {added};"
        )


def prepare_slot(
    connection: Any, wanted: Wanted, memory: Memory, begun: bool, wait_seconds: float = 60
) -> None:
    """See that the slot and what is remembered fit each other.

    `begun`: an earlier run of this capture may have made the slot. Without an offset its
    snapshot never became whole: the slot is dropped, and the engine makes it anew.
    """
    slot = _free_slot(connection, wanted.slot, wait_seconds)
    if memory.offset is None:
        if slot and not begun:
            raise ConfigurationError(
                f"replication slot {wanted.slot} is there, and {wanted.state} knows nothing of "
                "it: a capture from another home? Give another --slot; or, if nobody reads it: "
                f"select pg_drop_replication_slot('{wanted.slot}');"
            )
        if slot:
            connection.execute("select pg_drop_replication_slot(%s)", (wanted.slot,))
        return
    again = (
        f"then move {wanted.state} and the landing folder {wanted.landing} away and begin anew, "
        "with an empty landing and another --home: a new snapshot can't be ordered after "
        "changes that came through an earlier slot"
    )
    if slot is None:
        raise CaptureFailed(
            f"replication slot {wanted.slot} is missing on the server (dropped, or lost in a "
            f"failover): changes since the last run can't be had. Find out why, {again}"
        )
    plugin, is_of_this_database, wal_status, _, confirmed = slot
    if plugin != "pgoutput" or not is_of_this_database:
        raise ConfigurationError(
            f"replication slot {wanted.slot} is another database's or plugin's ({plugin}); "
            "check the DSN, or give another --slot"
        )
    if wal_status == "lost":
        raise CaptureFailed(
            f"replication slot {wanted.slot} was invalidated: the server removed the log that it "
            f"needed (max_slot_wal_keep_size). Raise that or capture more often, {again}"
        )
    if confirmed > memory.offset["lsn"]:
        raise CaptureFailed(
            f"replication slot {wanted.slot} is ahead of what landed: somebody else read from it, "
            f"or it was made anew. Find out who, {again}"
        )
    # The engine looks for its place by the next message; on a quiet server there would be none.
    connection.execute("select pg_logical_emit_message(true, 'iot_capture', '')")


def _free_slot(connection: Any, name: str, wait_seconds: float) -> Any:
    """The slot's row, or None; waits while the server still believes in a killed reader."""
    until = time.monotonic() + wait_seconds
    while True:
        slot = connection.execute(_SLOT, (name,)).fetchone()
        if slot is None or slot[3] is None:
            return slot
        if time.monotonic() >= until:
            raise CaptureFailed(
                f"replication slot {name} has been read by server process {slot[3]} for "
                f"{wait_seconds:g} s; stop that reader, or give another --slot"
            )
        time.sleep(0.2)


def _one(connection: Any, query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = connection.execute(query).fetchone()
    return row
