"""T3: deliveries claimed, sent and marked. Every change of state is one transaction with its attempt.

queued, retry, unknown -> sending -> sent | retry | unknown | dead. A delivery keeps its place behind earlier ones of its
contact in the same channel; urgent ones go before others. A suspended channel keeps its queue.
"""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from monitor.model import Delivery, DeliveryState, Earlier, Message, Receipt
from monitor.store.codec import dumps, loads, message_loads, stamp, when, when_or_none
from monitor.store.errors import RenderFailed
from monitor.store.search import clean

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """What a payload is made of, once: at the first claim."""

    delivery: int
    channel: str
    alert: int
    kind: str  # AlertKind, or notice, test, digest
    contact: str | None
    message: Message
    earlier: Earlier | None  # the contact's first message in this channel
    created_at: datetime


Freeze = Callable[[ClaimRow], Mapping[str, Any]]

_OPEN = "('queued', 'retry', 'unknown')"
_BY_OPEN = "INDEXED BY deliveries_open"  # the planner would walk through all that a channel ever got
# An earlier delivery of the same contact and channel that is under way or due first. One that waits for its hour (quiet
# hours) or for a person (no next_at) holds nobody up.
_BEHIND = f"""EXISTS (SELECT 1 FROM deliveries e WHERE e.contact = d.contact AND e.channel = d.channel AND e.id < d.id AND
    (e.state = 'sending' OR (e.state IN {_OPEN} AND e.next_at IS NOT NULL AND (e.attempts > 0 OR e.next_at <= d.next_at))))"""
_WORKING = "NOT EXISTS (SELECT 1 FROM channels c WHERE c.name = d.channel AND c.suspended_at IS NOT NULL)"


def claim(db: Database, channel: str, now: datetime, run: str, freeze: Freeze) -> Delivery | RenderFailed | None:
    """Take the next delivery that is due: `sending`, with a new attempt.

    If `freeze` raises, the delivery is dead and the error is returned, for the caller to raise once that is committed.
    """
    row = db.execute(
        f"SELECT d.* FROM deliveries d {_BY_OPEN} WHERE d.channel = ? AND d.state IN {_OPEN} AND d.state <> 'unknown' AND d.next_at <= ?"
        f" AND {_WORKING}"
        f" AND NOT {_BEHIND} ORDER BY d.urgent DESC, d.id LIMIT 1",
        [channel, stamp(now)],
    ).fetchone()
    if row is None:
        return None
    payload = row["payload"]
    if payload is None:
        try:
            payload = _freeze(db, row, freeze)
        except Exception as error:
            log.exception("delivery %d could not be laid out", row["id"])
            failure = RenderFailed(row["id"], f"{type(error).__name__}: {error}")
            failure.__cause__ = error
            mark_dead(db, row["id"], str(failure), now)
            return failure
    return _take(db, row, payload, now, run, repeat=False)


def claim_unknown(db: Database, channel: str, now: datetime, run: str, *, repeat: bool) -> Delivery | None:
    """Take the next delivery of which it is not known whether it arrived, to look it up or send it again.

    `repeat`: it is marked as a possible repeat from now on.
    """
    row = db.execute(
        f"SELECT d.* FROM deliveries d {_BY_OPEN} WHERE d.channel = ? AND d.state IN {_OPEN} AND d.state = 'unknown' AND d.next_at <= ?"
        f" AND {_WORKING}"
        " ORDER BY d.urgent DESC, d.id LIMIT 1",
        [channel, stamp(now)],
    ).fetchone()
    return None if row is None else _take(db, row, row["payload"], now, run, repeat=repeat)


def _freeze(db: Database, row: sqlite3.Row, freeze: Freeze) -> str:
    alert = db.execute("SELECT kind, message FROM alerts WHERE id = ?", [row["alert"]]).fetchone()
    shown = ClaimRow(
        delivery=row["id"],
        channel=row["channel"],
        alert=row["alert"],
        kind=alert["kind"],
        contact=row["contact"],
        message=message_loads(alert["message"]),
        earlier=_earlier(db, row),
        created_at=when(row["created_at"]),
    )
    return dumps(dict(freeze(shown)))


def _earlier(db: Database, row: sqlite3.Row) -> Earlier | None:
    first = db.execute(
        "SELECT provider_id, provider_thread, payload FROM deliveries WHERE contact = ? AND channel = ? AND state = 'sent'"
        " AND provider_id IS NOT NULL ORDER BY id LIMIT 1",
        [row["contact"], row["channel"]],
    ).fetchone()
    if first is None:
        return None
    return Earlier(first["provider_id"], first["provider_thread"], loads(first["payload"]))


def _take(db: Database, row: sqlite3.Row, payload: str, now: datetime, run: str, *, repeat: bool) -> Delivery:
    attempt = row["attempts"] + 1
    marked = repeat or bool(row["possible_repeat"])
    db.execute(
        "UPDATE deliveries SET state = 'sending', payload = ?, attempts = ?, run = ?, possible_repeat = ? WHERE id = ?",
        [payload, attempt, run, int(marked), row["id"]],
    )
    db.execute(
        "INSERT INTO attempts (delivery, number, started_at, result) VALUES (?, ?, ?, 'sending')",
        [row["id"], attempt, stamp(now)],
    )
    unknown_since = when_or_none(row["unknown_since"])
    return Delivery(row["id"], row["channel"], row["alert"], row["key"], loads(payload), attempt, marked, unknown_since)


def _finish(db: Database, delivery: int, state: DeliveryState, result: str, detail: str, now: datetime, **columns: Any) -> bool:
    """Move a delivery on and close its open attempt. What was sent or buried stays so, whatever comes late or twice."""
    values: dict[str, Any] = {"state": state, **columns}
    names = ", ".join(f"{name} = ?" for name in values)
    changed = db.execute(
        f"UPDATE deliveries SET {names} WHERE id = ? AND state NOT IN ('sent', 'dead', 'suppressed')",
        [*values.values(), delivery],
    )
    if not changed.rowcount:
        log.warning("delivery %d is finished already and does not become %s", delivery, state)
        return False
    db.execute(
        "UPDATE attempts SET ended_at = ?, result = ?, detail = ? WHERE delivery = ? AND ended_at IS NULL",
        [stamp(now), result, clean(detail), delivery],
    )
    return True


def _note_error(db: Database, delivery: int, detail: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO channels (name, last_error, last_error_at) SELECT channel, ?, ? FROM deliveries WHERE id = ?"
        " ON CONFLICT DO UPDATE SET last_error = excluded.last_error, last_error_at = excluded.last_error_at",
        [clean(detail), stamp(now), delivery],
    )


def mark_sent(db: Database, delivery: int, receipt: Receipt, now: datetime) -> None:
    provider, thread = (None if text is None else clean(text) for text in (receipt.provider_id, receipt.thread))
    columns = {"sent_at": stamp(now), "next_at": None, "reason": None, "provider_id": provider, "provider_thread": thread}
    if _finish(db, delivery, "sent", "sent", receipt.detail, now, **columns):
        db.execute(
            "INSERT INTO channels (name, last_success) SELECT channel, ? FROM deliveries WHERE id = ?"
            " ON CONFLICT DO UPDATE SET last_success = excluded.last_success",
            [stamp(now), delivery],
        )


def mark_retry(db: Database, delivery: int, next_at: datetime, detail: str, now: datetime) -> None:
    if _finish(db, delivery, "retry", "retry", detail, now, next_at=stamp(next_at), reason=clean(detail)):
        _note_error(db, delivery, detail, now)


def mark_unknown(db: Database, delivery: int, detail: str, now: datetime, next_at: datetime | None) -> None:
    """It may have arrived, with the attempt that is open. `next_at` None: it waits for a person, and holds nobody up."""
    db.execute(
        "UPDATE deliveries SET unknown_since = (SELECT MAX(t.started_at) FROM attempts t WHERE t.delivery = deliveries.id"
        " AND t.ended_at IS NULL) WHERE id = ? AND unknown_since IS NULL",
        [delivery],
    )
    later = None if next_at is None else stamp(next_at)
    if _finish(db, delivery, "unknown", "unknown", detail, now, next_at=later, reason=clean(detail)):
        _note_error(db, delivery, detail, now)


def mark_possible_repeat(db: Database, delivery: int) -> None:
    db.execute("UPDATE deliveries SET possible_repeat = 1 WHERE id = ?", [delivery])


def mark_rejected(db: Database, delivery: int, plainer: Mapping[str, Any] | None, why: str, now: datetime) -> None:
    """The message was refused: it goes on at once with a plainer payload; without one it is dead."""
    if plainer is None:
        done = _finish(db, delivery, "dead", "rejected", why, now, next_at=None, reason=clean(why))
    else:
        payload = dumps(dict(plainer))
        done = _finish(db, delivery, "retry", "rejected", why, now, next_at=stamp(now), reason=clean(why), payload=payload)
    if done:
        _note_error(db, delivery, why, now)


def mark_dead(db: Database, delivery: int, why: str, now: datetime) -> None:
    if _finish(db, delivery, "dead", "dead", why, now, next_at=None, reason=clean(why)):
        _note_error(db, delivery, why, now)


def unclaim(db: Database, delivery: int, now: datetime) -> None:
    """Give back what was claimed and provably not sent (a worker that is stopped); in doubt if it was in doubt before."""
    row = db.execute("SELECT unknown_since FROM deliveries WHERE id = ?", [delivery]).fetchone()
    state: DeliveryState = "unknown" if row and row["unknown_since"] else "retry"
    _finish(db, delivery, state, "not_sent", "given back before sending", now, next_at=stamp(now))


def give_up(db: Database, channel: str, before: datetime, why: str, now: datetime) -> list[int]:
    """Bury what has been tried in vain since before then. Returns the alerts' ids.

    The time of a suspension and the time that no daemon ran do not count; a suspended channel keeps its queue.
    """
    found = db.execute(
        f"SELECT d.id, d.alert FROM deliveries d {_BY_OPEN} WHERE d.channel = ? AND d.state IN {_OPEN} AND d.attempts > 0"
        " AND d.trying_from < ?"
        f" AND d.next_at IS NOT NULL AND {_WORKING} ORDER BY d.id",
        [channel, stamp(before)],
    ).fetchall()
    for row in found:
        mark_dead(db, row["id"], why, now)
    return [row["alert"] for row in found]


def late(db: Database, channel: str, before: datetime) -> list[int]:
    """Alerts due in a channel before then and not out yet: for the fallback channel. Urgent first."""
    found = db.execute(
        f"SELECT alert FROM deliveries {_BY_OPEN} WHERE channel = ? AND state IN {_OPEN} AND due_at <= ? ORDER BY urgent DESC, id",
        [channel, stamp(before)],
    )
    return [row["alert"] for row in found]


def suspend(db: Database, channel: str, why: str, now: datetime) -> bool:
    """Stop claiming from a channel; its queue stays. True if it was working until now."""
    at = stamp(now)
    return bool(
        db.execute(
            "INSERT INTO channels (name, suspended_at, suspended_why, last_error, last_error_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET suspended_at = excluded.suspended_at, suspended_why = excluded.suspended_why,"
            " last_error = excluded.last_error, last_error_at = excluded.last_error_at WHERE suspended_at IS NULL",
            [channel, at, clean(why), clean(why), at],
        ).rowcount
    )


def resume(db: Database, channel: str, now: datetime) -> int:
    """Let a channel work again: what was tried goes out at once, its patience counted anew, what was held for a person is
    looked at again. Returns how many wait.
    """
    at = stamp(now)
    db.execute("UPDATE channels SET suspended_at = NULL, suspended_why = NULL WHERE name = ?", [channel])
    db.execute(
        "UPDATE deliveries SET trying_from = MAX(trying_from, ?), next_at = CASE WHEN attempts > 0 THEN ? ELSE next_at END"
        f" WHERE channel = ? AND state IN {_OPEN}",
        [at, at, channel],
    )
    return int(
        db.execute(f"SELECT COUNT(*) FROM deliveries {_BY_OPEN} WHERE channel = ? AND state IN {_OPEN}", [channel]).fetchone()[0]
    )


def next_due(db: Database, channels: Sequence[str]) -> datetime | None:
    """When the next delivery of these channels may be claimed (also as an unknown); past times mean now. None: nothing waits."""
    earliest = None
    for channel in [channels] if isinstance(channels, str) else channels:
        row = db.execute(
            f"SELECT MIN(d.next_at) FROM deliveries d {_BY_OPEN} WHERE d.channel = ? AND d.state IN {_OPEN} AND {_WORKING}"
            f" AND (d.state = 'unknown' OR NOT {_BEHIND})",
            [channel],
        ).fetchone()
        if row[0] is not None and (earliest is None or row[0] < earliest):
            earliest = row[0]
    return when_or_none(earliest)


def settle(db: Database, run: str, now: datetime) -> int:
    """At start: what another run was sending may or may not have arrived. Returns how many became unknown.

    The time without a daemon does not count against any delivery.
    """
    rows = db.execute("SELECT id FROM deliveries WHERE state = 'sending' AND run IS NOT ?", [run]).fetchall()
    for row in rows:
        mark_unknown(db, row["id"], "Hotline stopped while sending", now, now)
    clock_set_back(db, now)
    at = stamp(now)
    db.execute(f"UPDATE deliveries SET trying_from = ? WHERE state IN {_OPEN} AND trying_from < ?", [at, at])
    return len(rows)


def clock_set_back(db: Database, now: datetime) -> int:
    """What was queued or tried in a future that the clock has come back from is due now. Returns how many.

    A delivery held back on purpose (quiet hours) was queued before now and keeps its time.
    """
    at = stamp(now)
    return db.execute(
        f"UPDATE deliveries SET next_at = ? WHERE state IN {_OPEN} AND next_at > ? AND (created_at > ?"
        " OR EXISTS (SELECT 1 FROM attempts t WHERE t.delivery = deliveries.id AND t.started_at > ?))",
        [at, at, at, at],
    ).rowcount


def outstanding(db: Database, now: datetime) -> int:
    """Deliveries of working channels that were due by now and are not settled, those in flight included."""
    sending = f"SELECT COUNT(*) FROM deliveries d WHERE d.state = 'sending' AND {_WORKING}"
    due = (
        f"SELECT COUNT(*) FROM deliveries d INDEXED BY deliveries_open WHERE d.state IN {_OPEN} AND d.next_at <= ? AND {_WORKING}"
    )
    return int(db.execute(sending).fetchone()[0]) + int(db.execute(due, [stamp(now)]).fetchone()[0])


def waited(db: Database, delivery: int) -> float | None:
    """Seconds from the post behind a sent alert being stored to it being sent; None where no post caused it."""
    row = db.execute(
        "SELECT d.sent_at, r.seen_at FROM deliveries d JOIN alerts al ON al.id = d.alert JOIN revisions r ON r.id = al.revision"
        " WHERE d.id = ? AND d.sent_at IS NOT NULL",
        [delivery],
    ).fetchone()
    return None if row is None else (when(row["sent_at"]) - when(row["seen_at"])).total_seconds()
