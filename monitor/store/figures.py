"""Figures for people: per day, per pair, per account, and how the daemon is doing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.store.codec import stamp
from monitor.store.story import Row, rows


def per_day(db: Database, since: datetime, until: datetime) -> list[Row]:
    """One row a UTC day from `since` to `until` (exclusive) on which anything happened: day, posts, flagged, contacts, alerts, sent."""
    first, last = stamp(since), stamp(until)
    days: dict[str, Row] = {}

    def add(column: str, sql: str, values: list[Any]) -> None:
        for row in db.execute(sql, values):
            empty = {"day": row["day"], "posts": 0, "flagged": 0, "contacts": 0, "alerts": 0, "sent": 0}
            days.setdefault(row["day"], empty)[column] = row["n"]

    for column in ("posts", "flagged"):
        sql = f"SELECT day, SUM({column}) AS n FROM daily WHERE day >= ? AND day < ? GROUP BY day"  # noqa: S608
        add(column, sql, [first[:10], _day_after(last)])
    live = "SELECT substr(opened_at, 1, 10) AS day, COUNT(*) AS n FROM contacts WHERE opened_at >= ? AND opened_at < ?"
    add("contacts", f"{live} AND merged_into IS NULL AND origin = 'live' GROUP BY 1", [first, last])
    add(
        "alerts",
        "SELECT substr(created_at, 1, 10) AS day, COUNT(*) AS n FROM alerts WHERE created_at >= ? AND created_at < ?"
        " AND contact IS NOT NULL GROUP BY 1",
        [first, last],
    )
    add(
        "sent",
        "SELECT substr(a.created_at, 1, 10) AS day, COUNT(*) AS n FROM alerts a JOIN deliveries d ON d.alert = a.id"
        " WHERE a.created_at >= ? AND a.created_at < ? AND a.contact IS NOT NULL AND d.state = 'sent' GROUP BY 1",
        [first, last],
    )
    return [days[day] for day in sorted(days)]


def _day_after(last: str) -> str:
    """The first day that the roll-up leaves out: a day that has begun counts whole."""
    return last[:10] if last[11:] == "00:00:00.000Z" else last[:10] + "~"


def per_pair(db: Database, since: datetime, until: datetime, limit: int) -> list[Row]:
    """Who was in contact with whom, most often first: a, b (leader, else country), a_name, b_name, contacts, last_at, modes, upcoming."""
    return rows(
        db,
        "SELECT a, b, a_name, b_name, COUNT(*) AS contacts, MAX(took_place) AS last_at, GROUP_CONCAT(DISTINCT mode) AS modes,"
        " SUM(status = 'upcoming') AS upcoming FROM v_pairs WHERE took_place >= ? AND took_place < ?"
        " AND status NOT IN ('cancelled', 'denied') GROUP BY a, b ORDER BY contacts DESC, last_at DESC LIMIT ?",
        [stamp(since), stamp(until), limit],
    )


def per_account(db: Database, since: datetime, until: datetime) -> list[Row]:
    """Posts and flags of each account, and how often it had the first word: account, country, posts, flags, first_words."""
    first, last = stamp(since), stamp(until)
    words = {
        row["account"]: row["n"]
        for row in db.execute(
            "SELECT p.account, COUNT(*) AS n FROM contacts c INDEXED BY contacts_first_words CROSS JOIN contact_posts cp ON cp.contact = c.id AND cp.number = 0"
            " CROSS JOIN posts p ON p.id = cp.post WHERE c.opened_at >= ? AND c.opened_at < ? AND c.merged_into IS NULL GROUP BY p.account",
            [first, last],
        )
    }
    found = rows(
        db,
        "SELECT a.id, a.key AS account, a.country, SUM(d.posts) AS posts, SUM(d.flagged) AS flags"
        " FROM daily d JOIN accounts a ON a.id = d.account WHERE d.day >= ? AND d.day < ? GROUP BY a.id"
        " ORDER BY flags DESC, posts DESC, account",
        [first[:10], _day_after(last)],
    )
    for row in found:
        row["first_words"] = words.get(row.pop("id"), 0)
    return found


def status(db: Database, path: Path) -> Row:
    """How the log stands: heartbeat, queues, sizes in bytes, what stands against the operator."""

    def one(sql: str) -> Any:
        return db.execute(sql).fetchone()[0]

    wal = path.with_name(path.name + "-wal")
    return {
        "heartbeat": one("SELECT MAX(value) FROM meta WHERE key = 'heartbeat'"),
        "schema": one("PRAGMA user_version"),
        "bytes": path.stat().st_size,
        "wal_bytes": wal.stat().st_size if wal.exists() else 0,
        "accounts": one("SELECT COUNT(*) FROM accounts WHERE active = 1"),
        "accounts_held": one("SELECT COUNT(*) FROM accounts WHERE active = 1 AND held IS NOT NULL"),
        "posts": one("SELECT COALESCE(MAX(id), 0) FROM posts"),
        "contacts": one("SELECT COUNT(*) FROM contacts"),
        "untriaged": one("SELECT COUNT(*) FROM untriaged WHERE error IS NULL"),
        "set_aside": one("SELECT COUNT(*) FROM untriaged WHERE error IS NOT NULL"),
        "posts_held": one("SELECT COUNT(*) FROM posts WHERE held IS NOT NULL"),
        "waiting": one("SELECT COUNT(*) FROM deliveries WHERE state IN ('queued', 'retry', 'unknown')"),
        "oldest_waiting": one("SELECT MIN(due_at) FROM deliveries WHERE state IN ('queued', 'retry', 'unknown')"),
        "channels_suspended": one("SELECT COUNT(*) FROM channels WHERE suspended_at IS NOT NULL"),
        "notices": rows(db, "SELECT * FROM v_notices WHERE resolved_at IS NULL ORDER BY opened_at"),
    }
