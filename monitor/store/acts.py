"""What people did, and what became of it. Others than the daemon write only here."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.decision import Act, Silence, SilenceKind
from monitor.model import ActKind
from monitor.store.codec import dumps, loads, stamp, when
from monitor.store.database import BUSY_SECONDS, Connect, open_for_reading, transaction
from monitor.store.errors import explain
from monitor.store.search import clean

_SILENCES: tuple[SilenceKind, ...] = ("leader", "country", "pair", "account", "phrase", "contact")


def add(db: Database, kind: ActKind, target: str, value: Mapping[str, Any], who: str, now: datetime) -> int:
    """Note an act; the daemon applies it. Returns its id."""
    cursor = db.execute(
        "INSERT INTO acts (kind, target, value, who, at) VALUES (?, ?, ?, ?, ?)",
        [kind, clean(target), dumps(dict(value)), clean(who), stamp(now)],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def add_act(
    path: str | Path,
    kind: ActKind,
    target: str,
    value: Mapping[str, Any],
    who: str,
    now: datetime,
    connect: Connect = sqlite3.connect,
) -> int:
    """Note an act from another process than the daemon: all that others may write. Returns its id. Raises StoreError."""
    path = Path(path)
    open_for_reading(path, connect).close()  # says what is wrong with the file before anything is written
    try:
        with contextlib.closing(connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as conn:
            conn.execute("PRAGMA synchronous = FULL")
            db = Database(conn)
            with transaction(db):
                return add(db, kind, target, value, who, now)
    except sqlite3.Error as error:
        raise explain(error, path) from error


def pending(db: Database) -> list[Act]:
    """Acts without an answer yet, oldest first. A row written by another program that cannot be read is left out."""
    found = db.execute("SELECT a.* FROM acts a LEFT JOIN acts_applied b ON b.act = a.id WHERE b.act IS NULL ORDER BY a.id")
    return [act for row in found if (act := _act(row)) is not None]


def applied(db: Database, act: int, result: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO acts_applied (act, at, result) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [act, stamp(now), clean(result)]
    )


def silences(db: Database, now: datetime) -> list[Silence]:
    """Silences that stand: begun, not ended by an `end_silence` (its target is the act's id), not over.

    An act `silence` has the target `kind:value` (`pair:a+b`), and the value {"until"?, "why"?}.
    """
    found = db.execute(
        "SELECT s.* FROM acts s WHERE s.kind = 'silence'"
        " AND NOT EXISTS (SELECT 1 FROM acts e WHERE e.kind = 'end_silence' AND e.target = CAST(s.id AS TEXT)) ORDER BY s.id"
    )
    standing = []
    for row in found:
        silence = _silence(row)
        if silence is not None and (silence.until is None or silence.until > now):
            standing.append(silence)
    return standing


def _act(row: Any) -> Act | None:
    try:
        value = loads(row["value"])
        return Act(row["id"], row["kind"], row["target"], value if isinstance(value, dict) else {}, row["who"], when(row["at"]))
    except ValueError:
        return None


def _silence(row: Any) -> Silence | None:
    act = _act(row)
    if act is None:
        return None
    kind, _, target = act.target.partition(":")
    known = next((name for name in _SILENCES if name == kind), None)
    if known is None or not target:
        return None
    values = tuple(target.split("+", 1)) if known == "pair" else (target,)
    try:
        until = when(str(act.value["until"])) if act.value.get("until") else None
    except ValueError:
        return None
    if until is not None and until.tzinfo is None:
        return None
    return Silence(act.id, known, values, until, act.who, str(act.value.get("why", "")))
