"""Retention: what is old or must go is removed, in short transactions beside the running daemon.

What is removed is text: the parts of a post, the post as received, and where a platform's terms ask for it also the quote
in alerts and payloads. Who posted, when, under which key, and what was found of it stay, and post keys stay for ever: a
post that comes back is known. Labelled posts, near misses and posts of contacts count as flagged.
"""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.store.codec import dumps, loads, stamp
from monitor.store.database import BUSY_SECONDS, Connect, open_for_reading, transaction
from monitor.store.errors import explain

BATCH = 200
"""Rows a transaction: some milliseconds, so that the daemon never waits long."""

PAGES = 256
"""Free pages given back to the disk a transaction (1 MB)."""

PAUSE = 0.01
"""Seconds between two transactions, in which the daemon comes first."""

PARTS = "title = NULL, text = NULL, quote = NULL, card = NULL, alt = NULL, parent = NULL, raw = NULL"
KEPT = (
    "(p.flagged = 1 OR EXISTS (SELECT 1 FROM contact_posts cp WHERE cp.post = p.id)"
    " OR EXISTS (SELECT 1 FROM acts x WHERE x.kind = 'label' AND x.target = p.key)"
    " OR EXISTS (SELECT 1 FROM findings f JOIN revisions r ON r.id = f.revision WHERE r.post = p.id AND f.near = 1))"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """After which time what goes; None: never. `deleted` is by source: the text of posts that were deleted there."""

    raw: timedelta | None = None  # posts as received
    unflagged: timedelta | None = None  # text of posts that told of no contact
    flagged: timedelta | None = None  # text of the others
    polls: timedelta | None = None  # the hourly roll-up of polls
    deleted: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(slots=True)
class Tidied:
    """What went: rows of each kind, and bytes given back to the disk."""

    deleted: int = 0
    unflagged: int = 0
    flagged: int = 0
    raw: int = 0
    polls: int = 0
    bytes: int = 0

    def as_dict(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


def tidy(path: str | Path, rules: Rules, now: datetime, pause: Callable[[float], None] = time.sleep, connect: Connect = sqlite3.connect) -> Tidied:
    """Apply the rules to the log at `path` while the daemon writes. Can be ended at any time and goes on where it was. StoreError."""
    path = Path(path)
    open_for_reading(path, connect).close()  # says what is wrong with the file before anything is written
    done = Tidied()
    try:
        with contextlib.closing(connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as conn:
            conn.row_factory = sqlite3.Row
            conn.execute("PRAGMA foreign_keys = ON")
            db = Database(conn)
            for _ in _steps(db, rules, now, done):
                pause(PAUSE)
            for _ in _compact(db, done):
                pause(PAUSE)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    return done


def _steps(db: Database, rules: Rules, now: datetime, done: Tidied) -> Iterator[None]:
    for source, age in sorted(rules.deleted.items()):
        while posts := _deleted(db, source, stamp(now - age)):
            with transaction(db):
                for post in posts:
                    _forget(db, post, now)
                    _forget_quotes(db, post)
            done.deleted += len(posts)
            yield
    for name, span in (("unflagged", rules.unflagged), ("flagged", rules.flagged)):
        if span is not None:
            yield from _texts(db, name, stamp(now - span), now, done)
    if rules.raw is not None:
        yield from _raws(db, stamp(now - rules.raw), now, done)
    if rules.polls is not None:
        before = stamp(now - rules.polls)[:13]
        while True:
            with transaction(db):
                sql = "DELETE FROM polls WHERE (account, hour, outcome) IN (SELECT account, hour, outcome FROM polls WHERE hour < ? LIMIT ?)"
                gone = db.execute(sql, [before, BATCH]).rowcount
            done.polls += gone
            if gone < BATCH:
                return
            yield


def _deleted(db: Database, source: str, before: str) -> list[int]:
    """Posts deleted at the source before then whose text is still there and that nobody has yet to triage."""
    found = db.execute(
        "SELECT p.id FROM posts p JOIN accounts a ON a.id = p.account WHERE p.deleted_at IS NOT NULL AND p.deleted_at < ? AND a.source = ?"
        " AND EXISTS (SELECT 1 FROM revisions r WHERE r.post = p.id AND r.deleted = 0 AND r.tidied_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM revisions r JOIN untriaged q ON q.revision = r.id WHERE r.post = p.id) LIMIT ?",
        [before, source, BATCH],
    )
    return [row["id"] for row in found]


def _texts(db: Database, kind: str, before: str, now: datetime, done: Tidied) -> Iterator[None]:
    """Texts of posts seen before then. How far it came is a row of `meta`, so that the next run begins there."""
    condition = KEPT if kind == "flagged" else f"NOT {KEPT}"
    at = _mark(db, kind)
    while True:
        window = db.execute("SELECT p.id, p.seen_at FROM posts p WHERE p.id > ? ORDER BY p.id LIMIT ?", [at, BATCH]).fetchall()
        old = [row["id"] for row in window if row["seen_at"] < before]
        if not old:
            return
        with transaction(db):
            found = db.execute(
                f"SELECT p.id FROM posts p WHERE p.id > ? AND p.id <= ? AND p.seen_at < ? AND {condition}"
                " AND NOT EXISTS (SELECT 1 FROM revisions r JOIN untriaged q ON q.revision = r.id WHERE r.post = p.id)",
                [at, old[-1], before],
            ).fetchall()
            for row in found:
                _forget(db, row["id"], now)
            at = old[-1]
            _set_mark(db, kind, at, now)
        setattr(done, kind, getattr(done, kind) + len(found))
        yield


def _raws(db: Database, before: str, now: datetime, done: Tidied) -> Iterator[None]:
    at = _mark(db, "raw")
    while True:
        window = db.execute("SELECT id, seen_at FROM revisions WHERE id > ? ORDER BY id LIMIT ?", [at, BATCH]).fetchall()
        old = [row["id"] for row in window if row["seen_at"] < before]
        if not old:
            return
        with transaction(db):
            sql = "UPDATE revisions SET raw = NULL WHERE id > ? AND id <= ? AND seen_at < ? AND raw IS NOT NULL"
            done.raw += db.execute(sql, [at, old[-1], before]).rowcount
            at = old[-1]
            _set_mark(db, "raw", at, now)
        yield


def _mark(db: Database, name: str) -> int:
    row = db.execute("SELECT value FROM meta WHERE key = ?", [f"tidy.{name}"]).fetchone()
    return int(row["value"]) if row else 0


def _set_mark(db: Database, name: str, at: int, now: datetime) -> None:
    db.execute(
        "INSERT INTO meta (key, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
        " updated_at = excluded.updated_at",
        [f"tidy.{name}", str(at), stamp(now)],
    )


def _forget(db: Database, post: int, now: datetime) -> None:
    """The text of all revisions of a post, and its place in the full text."""
    db.execute(f"UPDATE revisions SET {PARTS}, tidied_at = ? WHERE post = ? AND deleted = 0 AND tidied_at IS NULL", [stamp(now), post])
    db.execute("DELETE FROM posts_search WHERE rowid = ?", [post])


def _forget_quotes(db: Database, post: int) -> None:
    """The post's words in alerts, and in the finished payloads of its contacts; one still on its way is left as it is."""
    alerts = db.execute("SELECT a.id, a.message FROM alerts a JOIN revisions r ON r.id = a.revision WHERE r.post = ?", [post]).fetchall()
    quoting = {row["id"] for row in alerts}
    for row in alerts:
        db.execute("UPDATE alerts SET message = ? WHERE id = ?", [dumps(_unquoted(loads(row["message"]))), row["id"]])
    payloads = db.execute(
        "SELECT d.id, d.alert, d.payload FROM deliveries d WHERE d.payload IS NOT NULL AND d.state IN ('sent', 'dead', 'suppressed')"
        " AND (d.contact IN (SELECT cp.contact FROM contact_posts cp WHERE cp.post = ?)"
        "  OR d.alert IN (SELECT a.id FROM alerts a JOIN revisions r ON r.id = a.revision WHERE r.post = ?))",
        [post, post],
    ).fetchall()
    for row in payloads:
        payload = loads(row["payload"])
        message = payload.get("message") if isinstance(payload, dict) else None
        bare: dict[str, Any] = {"tidied": True}
        if isinstance(message, dict):  # what a later message of the contact goes back to
            bare |= {"v": payload.get("v"), "style": payload.get("style"), "earlier": None, "steps": []}
            bare["message"] = _unquoted(message) if row["alert"] in quoting else message
        db.execute("UPDATE deliveries SET payload = ? WHERE id = ?", [dumps(bare), row["id"]])


def _unquoted(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "quote": "", "quote_spans": [], "quote_note": ""}


def _compact(db: Database, done: Tidied) -> Iterator[None]:
    """Give free pages back to the disk, some at a time."""
    size = db.execute("PRAGMA page_size").fetchone()[0]
    free = db.execute("PRAGMA freelist_count").fetchone()[0]
    while free > 0:
        db.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
        left = db.execute("PRAGMA freelist_count").fetchone()[0]
        done.bytes += (free - left) * size
        if left >= free:
            return
        free = left
        yield
