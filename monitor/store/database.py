"""The database file: opened, checked, brought up to date, locked to one daemon, and written in transactions.

A write transaction begins IMMEDIATE: one that reads first and then turns into a writer fails with "database is locked"
however long the timeout. The connection is in autocommit mode, so nothing else ever opens one behind our back.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from monitor.store.codec import stamp
from monitor.store.errors import StoreCorrupt, StoreError, StoreForeign, StoreLocked, StoreNotWritable, explain

APPLICATION_ID: Final = 0x484F544C  # "HOTL"
SQLITE_VERSION: Final = sqlite3.sqlite_version
OLDEST_SQLITE: Final = (3, 37, 0)  # STRICT tables
BUSY_SECONDS: Final = 5.0

Connect = Callable[..., sqlite3.Connection]
"""How a connection is made: `sqlite3.connect`, or in a test a driver that fails on purpose."""


def migrations() -> list[tuple[int, str, str]]:
    """(number, name, SQL) of every schema change, in order, from `migrations/NNNN_name.sql`."""
    found = []
    for file in files("monitor.store").joinpath("migrations").iterdir():
        if named := re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name):
            found.append((int(named[1]), named[2], file.read_text(encoding="utf-8")))
    return sorted(found)


@contextlib.contextmanager
def transaction(db: Database) -> Iterator[None]:
    """A write transaction, whole or not at all."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk may have rolled it back already
            if db.conn.in_transaction:
                db.conn.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def savepoint(db: Database) -> Iterator[None]:
    """A part of a transaction that can fail alone."""
    db.conn.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            if db.conn.in_transaction:
                db.conn.execute("ROLLBACK TO part")
                db.conn.execute("RELEASE part")
        raise
    db.conn.execute("RELEASE part")


def open_for_writing(path: Path, now: datetime, connect: Connect = sqlite3.connect) -> Database:
    """The database at `path`, made if there is none, at the newest schema. The caller holds the lock. Raises StoreError."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old: Hotline needs 3.37 or later. Use a newer Python or system."
        )
    _make_file(path)
    conn: sqlite3.Connection | None = None
    try:
        conn = connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        conn.row_factory = sqlite3.Row
        db = Database(conn)
        _check_ours(db, path)
        _set_pragmas(db, path)
        migrate(db, now, migrations())
    except sqlite3.Error as error:
        if conn is not None:
            conn.close()
        raise explain(error, path) from error
    except BaseException:
        if conn is not None:
            conn.close()
        raise
    return db


def open_for_reading(path: Path, connect: Connect = sqlite3.connect) -> Database:
    """A connection that cannot write, for use beside the daemon. Raises StoreError."""
    if not path.exists():
        raise StoreError(f"There is no database at {path}. Start Hotline once, or name another with --database.")
    address = path.resolve().as_uri()
    try:
        return _reading(connect, f"{address}?mode=ro", path)
    except StoreNotWritable:
        # Without a running daemon a reader makes the -shm file itself; in a folder it cannot write, a closed database
        # can only be read as one that never changes.
        if path.with_name(path.name + "-wal").exists():
            raise
        return _reading(connect, f"{address}?immutable=1", path)


def _reading(connect: Connect, address: str, path: Path) -> Database:
    conn: sqlite3.Connection | None = None
    try:
        conn = connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        conn.row_factory = sqlite3.Row
        db = Database(conn, recursive_triggers=False)
        conn.execute("PRAGMA query_only = ON")
        conn.execute("PRAGMA trusted_schema = OFF")
        _check_ours(db, path)
        if _pragma(db, "user_version") < migrations()[-1][0]:
            raise StoreForeign(f"{path} is of an older Hotline. Start the daemon once: it brings the database up to date.")
    except sqlite3.Error as error:
        if conn is not None:
            conn.close()
        raise explain(error, path) from error
    except BaseException:
        if conn is not None:
            conn.close()
        raise
    return db


def _make_file(path: Path) -> None:
    """Make sure that the file is there, and that nobody else can read a new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreNotWritable(
            f"{path} cannot be written: {error.strerror}. Check the owner and mode of the file and its folder."
        ) from error


def _check_ours(db: Database, path: Path) -> None:
    """Refuse what another program or a newer Hotline wrote, before anything is changed."""
    application, version = _pragma(db, "application_id"), _pragma(db, "user_version")
    if application != APPLICATION_ID and (application or version or db.conn.execute("SELECT 1 FROM sqlite_master").fetchone()):
        raise StoreForeign(f"{path} is a database of another program. Name another file as [database] path.")
    newest = migrations()[-1][0]
    if version > newest:
        raise StoreForeign(
            f"{path} has schema {version}, this Hotline knows {newest}: a newer Hotline wrote it. Upgrade, or restore a backup."
        )


def _set_pragmas(db: Database, path: Path) -> None:
    run = db.conn.execute
    if not _pragma(db, "user_version"):
        run("PRAGMA auto_vacuum = INCREMENTAL")  # only takes before the first table
    mode = run("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            f"{path} cannot use SQLite's write-ahead log (it says {mode!r}). Put it on a local disk, not a network one."
        )
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "temp_store = MEMORY",
        "cache_size = -16000",
        "journal_size_limit = 67108864",
    ):
        run(f"PRAGMA {pragma}")


def migrate(db: Database, now: datetime, changes: Sequence[tuple[int, str, str]]) -> None:
    """Apply what is missing of `changes` (as `migrations()` gives them), each with its record in one transaction."""
    for number, name, sql in changes:
        if _pragma(db, "user_version") >= number:
            continue
        with transaction(db):
            for statement in _statements(sql):
                db.conn.execute(statement)
            db.execute("INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)", [number, name, stamp(now)])
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {number}")


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script whose statements end at line ends. (`executescript` would commit, or go letter by letter.)"""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def check(db: Database) -> None:
    """Raise StoreCorrupt if SQLite finds the file inconsistent. Reads everything: seconds per gigabyte."""
    answers = [line for row in db.conn.execute("PRAGMA integrity_check(3)") for line in row[0].splitlines()]
    if answers != ["ok"]:
        raise StoreCorrupt(f"The database is damaged: {'; '.join(answers)}. Run `hotline recover`, or restore a backup.")
    if broken := db.conn.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreCorrupt(f"The database is damaged: a row of {broken[0]} refers to nothing. Run `hotline recover`.")


def _pragma(db: Database, name: str) -> int:
    value: Any = db.conn.execute(f"PRAGMA {name}").fetchone()[0]
    return int(value)


def _lock(file: int) -> None:
    """A question who holds the lock holds it itself for an instant: so try again before giving up."""
    for _ in range(4):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            time.sleep(0.05)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """One daemon a database: an advisory lock on a file beside it, which ends with the process however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + ".lock")
        self._file: int | None = None

    def take(self) -> None:
        """Raises StoreLocked, naming the process that holds it, or StoreNotWritable."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreNotWritable(
                f"{self.path} cannot be made: {error.strerror}. Check the owner and mode of the folder."
            ) from error
        try:
            _lock(file)
        except OSError as error:
            holder = os.read(file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise StoreLocked(
                f"Another Hotline (process {holder}) runs on {self.path.with_suffix('')}. "
                "End it first, or give this one a database of its own."
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def holder(self) -> int | None:
        """The process of the daemon that holds the lock now; None if nobody does."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            words = os.read(file, 20).decode("ascii", "replace").strip()
            return int(words) if words.isdigit() else None
        finally:
            os.close(file)
        return None

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)  # the file stays: removing it could let two processes lock two files of one name
            self._file = None
