"""Writing a decision: contacts, alerts and deliveries, notices, links, answers to acts. The caller holds the transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from monitor.decision import Decision, NewAlert, NewDelivery
from monitor.model import Message
from monitor.store import acts, contacts, notices
from monitor.store.codec import message_dumps, stamp
from monitor.store.search import clean


@dataclass(slots=True)
class Written:
    """What decisions came to so far."""

    contacts: dict[str, None] = field(default_factory=dict)
    alerts: int = 0
    channels: set[str] = field(default_factory=set)  # with something newly queued

    def add(self, other: Written) -> None:
        self.contacts |= other.contacts
        self.alerts += other.alerts
        self.channels |= other.channels


def write(db: Database, decision: Decision, now: datetime, revision: int | None = None) -> Written:
    """`revision` is the row id of the one that the decision is about, if any."""
    written = Written()
    for contact in decision.contacts:
        contacts.upsert(db, contact, decision.origin, revision)
        written.contacts[contact.id] = None
    for alert in decision.alerts:
        _write_alert(db, alert, now, revision, written)
    for new in decision.notices:
        notice = notices.note(db, new.notice, now)
        if notice is not None:
            row = insert_alert(db, "notice", new.message, None, new.notice.kind, now, notice=notice)
            _deliver(db, row, new.message, None, new.deliveries, now, written)
    for link in decision.links:
        a, b = sorted((clean(link.a), clean(link.b)))
        db.execute(
            "INSERT INTO links (a, b, kind, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET kind = excluded.kind, at = excluded.at",
            [a, b, link.kind, stamp(now)],
        )
    for row, delivery in decision.more:
        found = db.execute("SELECT contact, urgent FROM alerts WHERE id = ?", [row]).fetchone()
        if found is None:
            raise ValueError(f"there is no alert {row} to deliver")
        insert_delivery(db, row, delivery, found["contact"], bool(found["urgent"]), now, written)
    for act, result in decision.applied:
        acts.applied(db, act, result, now)
    return written


def _write_alert(db: Database, alert: NewAlert, now: datetime, revision: int | None, written: Written) -> None:
    row = insert_alert(db, alert.kind, alert.message, alert.contact, alert.reason, now, revision=alert.revision or revision)
    written.alerts += 1
    _deliver(db, row, alert.message, alert.contact, alert.deliveries, now, written)
    for delivery in alert.covers:
        db.execute("UPDATE deliveries SET told_by = ? WHERE id = ? AND state = 'suppressed'", [row, delivery])


def insert_alert(
    db: Database,
    kind: str,
    message: Message,
    contact: str | None,
    reason: str,
    now: datetime,
    *,
    revision: int | None = None,
    notice: int | None = None,
) -> int:
    cursor = db.execute(
        "INSERT INTO alerts (kind, contact, notice, revision, reason, headline, urgent, message, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            kind,
            contact,
            notice,
            revision,
            clean(reason),
            clean(message.headline),
            int(message.urgent),
            message_dumps(message),
            stamp(now),
        ],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _deliver(
    db: Database,
    alert: int,
    message: Message,
    contact: str | None,
    deliveries: Iterable[NewDelivery],
    now: datetime,
    written: Written,
) -> None:
    for delivery in deliveries:
        insert_delivery(db, alert, delivery, contact, message.urgent, now, written)


def insert_delivery(
    db: Database, alert: int, delivery: NewDelivery, contact: str | None, urgent: bool, now: datetime, written: Written
) -> bool:
    """An alert goes to a channel once, whatever routes name it; the first word on it stands. False if there was one.

    The idempotency key is random: row ids come again after a backup is restored, and a receiver would take a new alert for an old one.
    """
    due = stamp(delivery.next_at or now)
    queued = delivery.state == "queued"
    cursor = db.execute(
        "INSERT INTO deliveries (alert, channel, contact, urgent, key, state, reason, due_at, trying_from, next_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert, channel) DO NOTHING",
        [
            alert,
            delivery.channel,
            contact,
            int(urgent),
            uuid.uuid4().hex,
            delivery.state,
            None if delivery.reason is None else clean(delivery.reason),
            due,
            due,
            due if queued else None,
            stamp(now),
        ],
    )
    if queued and cursor.rowcount:
        written.channels.add(delivery.channel)
    return bool(cursor.rowcount)
