"""Operations in, a table's commits out, and what any copy of it must say: its rows, its versions.

The truth that change data is held to, in plain Python. How the commits look in files is not its
business: see debezium_files.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

COLUMNS = ("customer_name", "email", "phone")
# A row without its key: a value a column, in COLUMNS' order.
Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Write:
    """Insert the row, or update the columns that `values` names; `unsent` are TOASTed."""

    key: str
    values: tuple[tuple[str, str | None], ...] = ()
    unsent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Delete:
    key: str


@dataclass(frozen=True)
class ChangeKey:
    """Update the primary key, and columns along with it."""

    key: str
    new_key: str
    values: tuple[tuple[str, str | None], ...] = ()
    unsent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Truncate:
    pass


Operation = Write | Delete | ChangeKey | Truncate


@dataclass(frozen=True)
class RowChange:
    """What one operation did: `op` is r, c, u, d, t, or k for an update of the key.

    `ended` are the keys whose rows it ended. The columns in `unsent` did not change, and the log
    leaves them out.
    """

    op: str
    key: str | None = None
    after: Row | None = None
    ended: tuple[str, ...] = ()
    unsent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Commit:
    """One transaction, as committed: its clock time in seconds, its changes in order.

    `began_early`: it wrote its changes before the commit ahead of it had ended.
    """

    at: int
    changes: tuple[RowChange, ...]
    began_early: bool = False


@dataclass(frozen=True)
class State:
    """A key as a copy should know it: last known row, whether it is gone, its last commit."""

    row: Row
    is_deleted: bool
    committed_at: int


@dataclass(frozen=True)
class Version:
    key: str
    version_no: int
    row: Row
    valid_from: int
    valid_to: int | None


@dataclass
class SmallDatabase:
    """One table. Every operation is possible: what makes no sense (delete of no row) does nothing.

    >>> database = SmallDatabase()
    >>> database.commit(5, [Write("a", (("email", "x"),)), Delete("b")])
    >>> database.commit(9, [Delete("a")])
    >>> database.versions()
    [Version(key='a', version_no=1, row=(None, 'x', None), valid_from=5, valid_to=9)]
    """

    rows: dict[str, Row] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)

    def snapshot(self, at: int, operations: Iterable[Operation]) -> None:
        """What there is when the log begins: read at that time, never committed in the log."""
        for operation in operations:
            self._did(operation)
        reads = tuple(RowChange("r", key, row) for key, row in sorted(self.rows.items()))
        self.commits.append(Commit(at, reads))

    def commit(
        self, at: int, operations: Iterable[Operation], *, began_early: bool = False
    ) -> None:
        done = (self._did(operation) for operation in operations)
        changes = tuple(change for change in done if change is not None)
        if changes:
            self.commits.append(Commit(at, changes, began_early))

    def _did(self, operation: Operation) -> RowChange | None:
        match operation:
            case Write(key, values, unsent):
                before = self.rows.get(key)
                self.rows[key] = after = _updated(before, values)
                if before is None:
                    return RowChange("c", key, after)
                return RowChange("u", key, after, unsent=_unchanged(before, after) & unsent)
            case Delete(key) if self.rows.pop(key, None):
                return RowChange("d", key, ended=(key,))
            case ChangeKey(key, new_key, values, unsent) if self._is_free(key, new_key):
                before = self.rows.pop(key)
                self.rows[new_key] = after = _updated(before, values)
                return RowChange("k", new_key, after, (key,), _unchanged(before, after) & unsent)
            case Truncate():
                ended = tuple(self.rows)
                self.rows.clear()
                return RowChange("t", ended=ended)
        return None

    def _is_free(self, key: str, new_key: str) -> bool:
        return key in self.rows and new_key not in self.rows

    def _turns(self) -> Iterator[tuple[str, int, Row | None]]:
        """(key, clock time, row or None) of each change of each key, in commit order."""
        for commit in self.commits:
            for change in commit.changes:
                for key in change.ended:
                    yield key, commit.at, None
                if change.key is not None and change.after is not None:
                    yield change.key, commit.at, change.after

    def states(self) -> dict[str, State]:
        """Every key that there ever was."""
        known: dict[str, State] = {}
        for key, at, row in self._turns():
            known[key] = State(row or known[key].row, row is None, at)
        return known

    def versions(self) -> list[Version]:
        """Each key's rows over time: the runs of instants at which it had the same row.

        The state at an instant is that after all that was committed until then. Where the clock
        steps back, a change counts as committed when the key's latest one before it was.
        """
        timelines: dict[str, dict[int, Row | None]] = {}
        for key, at, row in self._turns():
            timeline = timelines.setdefault(key, {})
            timeline[max([at, *timeline])] = row
        return [version for key in sorted(timelines) for version in _versions(key, timelines[key])]


def _updated(before: Row | None, values: tuple[tuple[str, str | None], ...]) -> Row:
    new = dict(zip(COLUMNS, before or (None,) * len(COLUMNS), strict=True)) | dict(values)
    return tuple(new[column] for column in COLUMNS)


def _unchanged(before: Row, after: Row) -> frozenset[str]:
    pairs = zip(COLUMNS, before, after, strict=True)
    return frozenset(column for column, old, new in pairs if old == new and old is not None)


def _versions(key: str, timeline: dict[int, Row | None]) -> Iterator[Version]:
    turns: list[tuple[int, Row | None]] = []
    for at, row in timeline.items():
        if row != (turns[-1][1] if turns else None):
            turns.append((at, row))
    ends = [*(at for at, _ in turns[1:]), None]
    lived = [(row, at, end) for (at, row), end in zip(turns, ends, strict=False) if row is not None]
    for number, (row, at, end) in enumerate(lived, start=1):
        yield Version(key, number, row, at, end)
