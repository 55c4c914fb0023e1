"""How accounts are doing, flushed from the daemon's memory, and single facts about the daemon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from monitor.store.codec import stamp, stamp_or_none, when_or_none
from monitor.store.search import clean


@dataclass(frozen=True, slots=True)
class HealthRow:
    """The state of one account's polling. `usual_gap` is seconds between posts, smoothed; None: too few to tell."""

    account: str
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_post: datetime | None = None
    usual_gap: float | None = None
    failures: int = 0  # in a row
    outcome: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class PollCount:
    """How often polls of an account ended so since the last flush. `hour` is any time within the hour."""

    account: str
    hour: datetime
    outcome: str
    count: int
    posts: int = 0


def flush(db: Database, rows: Sequence[HealthRow], polls: Sequence[PollCount], now: datetime) -> None:
    """Write both, and the heartbeat; the caller holds the transaction. Accounts without a row are left out."""
    for row in rows:
        db.execute(
            "INSERT INTO health (account, last_poll, last_success, last_post, usual_gap, failures, outcome, detail)"
            " SELECT id, ?, ?, ?, ?, ?, ?, ? FROM accounts WHERE key = ? ON CONFLICT (account) DO UPDATE SET"
            " last_poll = excluded.last_poll, last_success = excluded.last_success, last_post = excluded.last_post,"
            " usual_gap = excluded.usual_gap, failures = excluded.failures, outcome = excluded.outcome, detail = excluded.detail",
            [
                stamp_or_none(row.last_poll),
                stamp_or_none(row.last_success),
                stamp_or_none(row.last_post),
                row.usual_gap,
                row.failures,
                row.outcome,
                None if row.detail is None else clean(row.detail),
                row.account,
            ],
        )
    for poll in polls:
        db.execute(
            "INSERT INTO polls (account, hour, outcome, count, posts) SELECT id, ?, ?, ?, ? FROM accounts WHERE key = ?"
            " ON CONFLICT (account, hour, outcome) DO UPDATE SET count = count + excluded.count, posts = posts + excluded.posts",
            [stamp(poll.hour)[:13], poll.outcome, poll.count, poll.posts, poll.account],
        )
    set_meta(db, "heartbeat", stamp(now), now)


def load(db: Database) -> dict[str, HealthRow]:
    """What was flushed last, by account: a restart goes on counting."""
    found = db.execute("SELECT a.key, h.* FROM health h JOIN accounts a ON a.id = h.account WHERE a.active = 1")
    return {
        row["key"]: HealthRow(
            account=row["key"],
            last_poll=when_or_none(row["last_poll"]),
            last_success=when_or_none(row["last_success"]),
            last_post=when_or_none(row["last_post"]),
            usual_gap=row["usual_gap"],
            failures=row["failures"],
            outcome=row["outcome"],
            detail=row["detail"],
        )
        for row in found
    }


def set_meta(db: Database, key: str, value: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO meta (key, value, updated_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
        " SET value = excluded.value, updated_at = excluded.updated_at",
        [key, clean(value), stamp(now)],
    )


def get_meta(db: Database, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
    return None if row is None else str(row["value"])


def open_contact_posts(db: Database, since: datetime) -> dict[str, tuple[str, ...]]:
    """Keys of the posts behind contacts that opened since then, not known to be deleted, by account: to be read again.

    CROSS JOIN holds SQLite to the recent contacts first.
    """
    found = db.execute(
        "SELECT DISTINCT a.key AS account, p.key AS post FROM contacts c CROSS JOIN contact_posts cp ON cp.contact = c.id"
        " JOIN posts p ON p.id = cp.post JOIN accounts a ON a.id = p.account WHERE c.opened_at >= ? AND c.merged_into IS NULL"
        " AND p.deleted_at IS NULL AND a.active = 1 ORDER BY a.key, p.id",
        [stamp(since)],
    )
    posts: dict[str, list[str]] = {}
    for row in found:
        posts.setdefault(row["account"], []).append(row["post"])
    return {account: tuple(keys) for account, keys in posts.items()}
