"""Notices to the operator: each told once while it stands."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from monitor.model import Notice
from monitor.store.codec import stamp
from monitor.store.search import clean


def note(db: Database, notice: Notice, now: datetime) -> int | None:
    """Open the notice, or resolve it. Returns its row id if that is news; None if it stands already, or none stood.

    One key stands once. Another kind under the same key is news and takes its place.
    """
    key, at = clean(notice.key), stamp(now)
    standing = db.execute("SELECT id, kind FROM notices WHERE key = ? AND resolved_at IS NULL", [key]).fetchone()
    if notice.resolved:
        if standing is None:
            return None
        db.execute("UPDATE notices SET resolved_at = ? WHERE id = ?", [at, standing["id"]])
        return int(standing["id"])
    if standing is not None:
        if standing["kind"] == notice.kind:
            return None
        db.execute("UPDATE notices SET resolved_at = ? WHERE id = ?", [at, standing["id"]])
    cursor = db.execute(
        "INSERT INTO notices (key, kind, text, opened_at) VALUES (?, ?, ?, ?)", [key, clean(notice.kind), clean(notice.text), at]
    )
    return cursor.lastrowid


def standing(db: Database) -> dict[str, str]:
    """Key to kind of every notice that stands."""
    return {row["key"]: row["kind"] for row in db.execute("SELECT key, kind FROM notices WHERE resolved_at IS NULL")}
