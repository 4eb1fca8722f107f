"""Random transactions on the seven tables, as several clients at once make them."""

import random
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

KEYS = 60

# The first column is the primary key.
TABLES = {
    "customers": {
        "customer_id": "text",
        "customer_name": "text",
        "email": "text",
        "phone": "text",
        "segment": "text",
        "country": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    "products": {
        "product_id": "bigint",
        "product_name": "text",
        "category": "varchar(40)",
        "unit_price": "numeric(12,2)",
        "is_active": "boolean",
        "created_at": "timestamp",
        "updated_at": "timestamptz",
    },
    "orders": {
        "order_id": "uuid",
        "customer_id": "text",
        "product_id": "bigint",
        "quantity": "int",
        "unit_price": "numeric(12,2)",
        "total_amount": "numeric(14,2)",
        "order_status": "text",
        "order_timestamp": "timestamptz",
        "updated_at": "timestamptz",
    },
    "devices": {
        "device_id": "text",
        "customer_id": "text",
        "product_id": "bigint",
        "location_id": "text",
        "serial_number": "text",
        "device_type": "text",
        "firmware_version": "text",
        "install_date": "date",
        "status": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    "locations": {
        "location_id": "text",
        "location_name": "text",
        "address": "text",
        "city": "text",
        "country": "char(2)",
        "latitude": "double precision",
        "longitude": "double precision",
        "timezone": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    "alerts": {
        "alert_id": "uuid",
        "device_id": "text",
        "location_id": "text",
        "threshold_id": "int",
        "sensor_type": "text",
        "severity": "text",
        "sensor_value": "double precision",
        "status": "text",
        "triggered_at": "timestamptz",
        "acknowledged_at": "timestamptz",
        "resolved_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    "alert_thresholds": {
        "threshold_id": "int",
        "device_id": "text",
        "sensor_type": "text",
        "min_value": "numeric",
        "max_value": "numeric",
        "severity": "text",
        "is_enabled": "boolean",
        "updated_at": "timestamptz",
    },
}

_WORDS = (
    "",
    "Zürich",
    "日本",
    "🚀👩‍👩‍👧",
    "two\nlines",
    'a "quoted" \\ one',
    "null",
    "\u2028",
    "x",
)
_NUMERICS = ("1.50", "0.000000000000000000001", "-98765432109876543210.5", "NaN", "Infinity", "0")


def create_tables(connection: Any) -> None:
    """Empty tables; a big address is kept out of line, so updates of others don't send it."""
    for table, columns in TABLES.items():
        key = next(iter(columns))
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table {table} ({declared}, primary key ({key}))")
    connection.execute("alter table locations alter column address set storage external")


def seed(connection: Any, rng: random.Random) -> None:
    """Rows that are there before anything is captured."""
    for table in TABLES:
        for number in range(KEYS // 2):
            _insert(connection, rng, table, _key(table, number))


@dataclass
class Client:
    """One connection's random transactions, until told to stop; counts what it committed."""

    dsn: str
    rng: random.Random
    stop: threading.Event
    done: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        import psycopg

        with psycopg.connect(self.dsn) as connection:
            while not self.stop.is_set():
                try:
                    self._transaction(connection)
                except (psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation):
                    connection.rollback()
                    self.done["conflict"] += 1

    def _transaction(self, connection: Any) -> None:
        steps = [self._step(connection) for _ in range(self.rng.choice((1, 1, 2, 3, 8)))]
        if self.rng.random() < 0.1:
            connection.rollback()
            self.done["rollback"] += 1
            return
        connection.commit()
        self.done.update([*steps, "commit"])
        self.stop.wait(0.002)

    def _step(self, connection: Any) -> str:
        table = self.rng.choice(list(TABLES))
        key = self._random_key(table)
        steps = {
            "insert": 30,
            "update": 40,
            "delete": 12,
            "delete_and_insert": 5,
            "key_update": 8,
            "many": 2,
            "savepoint": 4,
            "truncate": 0.3,
        }
        step = self.rng.choices(list(steps), list(steps.values()))[0]
        getattr(self, f"_{step}")(connection, table, key)
        return step

    def _insert(self, connection: Any, table: str, key: Any) -> None:
        _insert(connection, self.rng, table, key)

    def _update(self, connection: Any, table: str, key: Any) -> None:
        name, *others = TABLES[table]
        columns = self.rng.sample(others, self.rng.randint(1, 3))
        values = [_value(self.rng, table, column) for column in columns]
        changed = ", ".join(f"{column} = %s" for column in columns)
        connection.execute(f"update {table} set {changed} where {name} = %s", (*values, key))

    def _delete(self, connection: Any, table: str, key: Any) -> None:
        connection.execute(f"delete from {table} where {next(iter(TABLES[table]))} = %s", (key,))

    def _delete_and_insert(self, connection: Any, table: str, key: Any) -> None:
        self._delete(connection, table, key)
        self._insert(connection, table, key)

    def _key_update(self, connection: Any, table: str, key: Any) -> None:
        """A chain of two, onto keys that may be taken: then nothing happens."""
        name = next(iter(TABLES[table]))
        for _ in range(2):
            new = self._random_key(table)
            connection.execute(
                f"update {table} set {name} = %s where {name} = %s "
                f"and not exists (select from {table} where {name} = %s)",
                (new, key, new),
            )
            key = new

    def _many(self, connection: Any, table: str, key: Any) -> None:
        """One COPY, many rows at one position of the log, then a change of all of them."""
        names = list(TABLES[table])
        connection.execute(f"delete from {table} where {names[0]} <> %s", (key,))
        with connection.cursor().copy(f"copy {table} ({', '.join(names)}) from stdin") as copy:
            for number in range(KEYS):
                if _key(table, number) != key:
                    copy.write_row(_row(self.rng, table, _key(table, number)))
        connection.execute(f"update {table} set updated_at = now()")

    def _savepoint(self, connection: Any, table: str, key: Any) -> None:
        connection.execute("savepoint before")
        self._delete(connection, table, key)
        self._insert(connection, table, key)
        if self.rng.random() < 0.5:
            connection.execute("rollback to savepoint before")

    def _truncate(self, connection: Any, table: str, key: Any) -> None:
        connection.execute(f"truncate {table}")

    def _random_key(self, table: str) -> Any:
        return _key(table, self.rng.randrange(KEYS))


def _key(table: str, number: int) -> Any:
    kind = next(iter(TABLES[table].values()))
    if kind == "uuid":
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{table}{number}")
    if kind == "text":
        return f"{table[0].upper()}{number:04d}"
    return number + (2**53 + 1 if kind == "bigint" else 0)


def _insert(connection: Any, rng: random.Random, table: str, key: Any) -> None:
    row = _row(rng, table, key)
    places = ", ".join(["%s"] * len(row))
    connection.execute(f"insert into {table} values ({places}) on conflict do nothing", row)


def _row(rng: random.Random, table: str, key: Any) -> list[Any]:
    return [key, *(_value(rng, table, column) for column in list(TABLES[table])[1:])]


def _value(rng: random.Random, table: str, column: str) -> Any:
    if rng.random() < 0.1:
        return None
    if column == "address" and rng.random() < 0.7:
        return rng.randbytes(4_000).hex()
    if column == "quantity":
        return rng.randrange(1_000)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**13))
    match TABLES[table][column]:
        case "text" | "varchar(40)":
            return f"{rng.choice(_WORDS)}{rng.randrange(100)}"
        case "char(2)":
            return rng.choice(("DE", "J", ""))
        case "numeric(12,2)" | "numeric(14,2)":
            return Decimal(rng.randrange(-(10**12) + 1, 10**12)) / 100
        case "numeric":
            return Decimal(rng.choice(_NUMERICS))
        case "int":
            return rng.randrange(-(2**31), 2**31)
        case "bigint":
            return rng.randrange(-(2**63), 2**63)
        case "double precision":
            return rng.choice((rng.uniform(-180, 180), 0.1, 1e-300, 1.7976931348623157e308))
        case "boolean":
            return rng.random() < 0.5
        case "date":
            return date(1999, 1, 1) + timedelta(days=rng.randrange(20_000))
        case "timestamp":
            return moment.replace(tzinfo=None)
    return moment
