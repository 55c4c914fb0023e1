"""Salvage: a damaged log is read row by row as far as it can be; what is lost comes from backups; the result is whole.

The damaged file is never written. A delivery that only a backup knows may have been sent since: it becomes an unknown
one, which its channel settles or marks as a possible repeat. What was cut loose (rows whose parents are gone) is left out.
"""

# ruff: noqa: S608  what is put together is written in this file or is a name of the schema

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from monitor.model import PARTS
from monitor.store.codec import stamp
from monitor.store.database import check, open_for_writing, transaction
from monitor.store.errors import StoreCorrupt, StoreError
from monitor.store.search import fold

CHUNK = 256
"""Rows read at a time while nothing is wrong."""
TRIES = 200_000
"""Reads of a damaged table at most: a file that is mostly holes must end as well."""


@dataclass(slots=True)
class Salvaged:
    """What became of each table: rows read from the damaged file, rows that only a backup had, rows left out as cut loose."""

    path: Path
    damaged: Path  # where the damaged file is kept
    read: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    loose: int = 0


def recover(path: Path, backups: Sequence[Path], now: datetime) -> Salvaged:
    """Replace the damaged database at `path` by what can be saved; `backups` are newest first.

    Raises StoreError when not even the new file can be made; then `path` is as it was. No daemon may run on it: the caller
    holds the lock.
    """
    if not path.exists():
        raise StoreError(f"There is no database at {path}. Name the damaged one with --database.")
    target = path.with_name(path.name + ".recovered")
    for old in _family(target):
        old.unlink(missing_ok=True)
    result = Salvaged(path, path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S}"))
    db = open_for_writing(target, now)
    try:
        db.conn.execute("PRAGMA foreign_keys = OFF")
        tables = _tables(db)
        for table in tables:
            result.read[table] = _copy(db, table, _salvage(path, table))
        for backup in backups:
            _restore(db, backup, tables, result, now)
        result.loose = _drop_loose(db)
        _rebuild(db)
        check(db)
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()
    for old in _family(path):
        if old.exists():
            old.rename(old.with_name(old.name.replace(path.name, result.damaged.name, 1)))
    target.rename(path)
    for rest in _family(target):
        rest.unlink(missing_ok=True)
    return result


def _family(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]


def _tables(db: Database) -> list[str]:
    """The tables that hold rows of ours, parents first as the schema has them."""
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'posts_search%'")
    return [row[0] for row in found if row[0] != "migrations"]


def _columns(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]


def _salvage(path: Path, table: str) -> Iterator[dict[str, object]]:
    """Every row of the table that can be read."""
    for mode in ("mode=ro", "immutable=1"):
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as conn:
            conn.row_factory = sqlite3.Row
            conn.execute("PRAGMA cell_size_check = ON")
            try:
                if not _columns(conn, table):
                    return  # an older schema, or no schema left
                keyed = "WITHOUT ROWID" not in str(conn.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]).upper()
            except (sqlite3.DatabaseError, TypeError):
                continue
            yield from (_by_rowid(conn, table) if keyed else _from_both_ends(conn, table))
            return


def _by_rowid(conn: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    """Rows by rowid; a range that cannot be read is halved until what is broken stands alone."""
    try:
        top = int(conn.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0])
    except sqlite3.DatabaseError:
        top = 1 << 24
    ranges = [(first, min(first + CHUNK - 1, top)) for first in range(top - top % CHUNK, -1, -CHUNK)]
    for _ in range(TRIES):
        if not ranges:
            return
        low, high = ranges.pop()
        try:
            rows = conn.execute(f"SELECT * FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid", [low, high]).fetchall()
        except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError):
            if low < high:
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]
            continue
        yield from (dict(row) for row in rows)


def _from_both_ends(conn: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    """Rows of a table without rowids: from the front until it breaks, then from the back."""
    for order in ("", " ORDER BY 1 DESC"):
        try:
            for row in conn.execute(f"SELECT * FROM {table}{order}"):
                yield dict(row)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            continue
        return


def _copy(db: Database, table: str, rows: Iterator[dict[str, object]]) -> int:
    """Insert what fits: a row that breaks a rule of the schema was damaged and is left out."""
    columns = _columns(db.conn, table)
    before = db.conn.total_changes
    with transaction(db):
        for row in rows:
            kept = [name for name in columns if name in row]
            sql = f"INSERT OR IGNORE INTO {table} ({', '.join(kept)}) VALUES ({', '.join('?' * len(kept))})"
            with contextlib.suppress(sqlite3.IntegrityError, sqlite3.DataError):
                db.conn.execute(sql, [row[name] for name in kept])
    return db.conn.total_changes - before


def _restore(db: Database, backup: Path, tables: Sequence[str], result: Salvaged, now: datetime) -> None:
    """Rows that only the backup has. Its open deliveries may have gone out since."""
    try:
        db.conn.execute("ATTACH DATABASE ? AS old", [f"{backup.resolve().as_uri()}?immutable=1"])
    except sqlite3.Error as error:
        raise StoreCorrupt(f"The backup {backup} cannot be read: {error}. Leave it out, or name another.") from error
    try:
        newest = int(db.conn.execute("SELECT COALESCE(MAX(id), 0) FROM deliveries").fetchone()[0])
        known = {row[0] for row in db.conn.execute("SELECT id FROM deliveries")} if newest else set()
        for table in tables:
            theirs = {row[1] for row in db.conn.execute(f"PRAGMA old.table_info({table})")}
            shared = ", ".join(name for name in _columns(db.conn, table) if name in theirs)
            if not shared:
                continue
            before = db.conn.total_changes
            with transaction(db):
                db.conn.execute(f"INSERT OR IGNORE INTO main.{table} ({shared}) SELECT {shared} FROM old.{table}")
            result.restored[table] = result.restored.get(table, 0) + db.conn.total_changes - before
        with transaction(db):
            for (row,) in db.conn.execute("SELECT id FROM deliveries WHERE state IN ('queued', 'sending', 'retry')").fetchall():
                if row not in known:
                    db.conn.execute(
                        "UPDATE deliveries SET state = 'unknown', unknown_since = COALESCE(unknown_since, due_at), next_at = ?,"
                        " reason = 'restored from a backup: it may have been sent since' WHERE id = ?",
                        [stamp(now), row],
                    )
    finally:
        db.conn.execute("DETACH DATABASE old")


def _drop_loose(db: Database) -> int:
    """Delete rows whose parents are gone, and then those that this cuts loose."""
    dropped = 0
    with transaction(db):
        while broken := db.conn.execute("PRAGMA foreign_key_check").fetchall():
            for table, rowid, _, _ in broken:
                if rowid is not None:
                    dropped += db.conn.execute(f"DELETE FROM {table} WHERE rowid = ?", [rowid]).rowcount
                else:
                    dropped += _drop_keyed(db, table)
    return dropped


def _drop_keyed(db: Database, table: str) -> int:
    """The same for a table without rowids: those that name an account that is gone."""
    return db.conn.execute(f"DELETE FROM {table} WHERE account NOT IN (SELECT id FROM accounts)").rowcount


def _rebuild(db: Database) -> None:
    """What follows from other rows: each post's newest revision, the queue of triage, the full text."""
    parts = ", ".join(f"r.{part}" for part in PARTS)
    with transaction(db):
        db.conn.execute("DELETE FROM posts WHERE id NOT IN (SELECT post FROM revisions)")
        db.conn.execute("UPDATE posts SET newest = (SELECT MAX(r.id) FROM revisions r WHERE r.post = posts.id)")
        db.conn.execute(
            "INSERT OR IGNORE INTO untriaged (revision, late) SELECT r.id, 1 FROM revisions r JOIN posts p ON p.id = r.post"
            " WHERE p.held IS NULL AND r.id = p.newest AND NOT EXISTS (SELECT 1 FROM findings f WHERE f.revision = r.id)"
        )
        db.conn.execute("DELETE FROM posts_search")
        for row in db.conn.execute(f"SELECT p.id, {parts} FROM posts p JOIN revisions r ON r.id = p.newest WHERE r.deleted = 0").fetchall():
            folded = fold(" ".join(value for value in tuple(row)[1:] if value))
            db.conn.execute("INSERT INTO posts_search (rowid, folded) VALUES (?, ?)", [row[0], folded])
    _drop_loose(db)
