"""Contacts as rows: the whole value as JSON, and beside it the columns that are searched, counted and read."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlite_utils import Database

from monitor.decision import Origin
from monitor.model import Contact, ContactPost, Participant
from monitor.store.codec import contact_loads, contact_to, dumps, stamp, stamp_or_none
from monitor.store.search import clean, fold

_COLUMNS = (
    "id", "names", "mode", "status", "confidence", "when_start", "when_end", "when_precision", "place", "place_country", "topics",
    "sides", "opened_at", "updated_at", "took_place", "span_start", "span_end", "origin", "readout", "readout_due", "readout_at",
    "conflict", "lapsed", "retracted", "merged_into", "state",
)  # fmt: skip
_UPSERT = (
    f"INSERT INTO contacts ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("id", "origin"))
)


def party(value: Participant) -> str:
    """What a participant is counted as: the leader, else the country, else the name."""
    return clean(value.leader or value.country or fold(value.name or "") or "?")


def names(parties: tuple[Participant, ...]) -> str:
    """The parties in words: `Donald Trump (US) – Narendra Modi (IN)`."""
    words = []
    for value in parties:
        country = f" ({value.country})" if value.country and value.name else ""
        words.append(f"{value.name or value.country or 'unknown'}{country}")
    return clean(" – ".join(words))


def span(contact: Contact) -> tuple[datetime, datetime]:
    """The first and last instant that the contact is known to touch: its words and its time."""
    instants = [contact.opened_at, *(post.at for post in contact.posts), *(post.seen_at for post in contact.posts)]
    if contact.when is not None:
        instants += [contact.when.start, contact.when.end]
    return min(instants), max(instants)


def upsert(db: Database, contact: Contact, origin: Origin, revision: int | None) -> None:
    """Write a whole contact over what was there. `revision` is the row id of the one at hand: new posts came with it."""
    before = db.execute("SELECT state FROM contacts WHERE id = ?", [contact.id]).fetchone()
    first, last = (stamp(at) for at in span(contact))
    db.execute(_UPSERT, _row(contact, origin, first, last))
    db.execute("DELETE FROM contact_parties WHERE contact = ?", [contact.id])
    for number, value in enumerate(contact.parties):
        text = (clean(part) if part is not None else None for part in (value.leader, value.country, value.name, value.office))
        db.execute(
            "INSERT INTO contact_parties (contact, number, party, leader, country, name, office, span_end) VALUES (?,?,?,?,?,?,?,?)",
            [contact.id, number, party(value), *text, last],
        )
    _write_posts(db, contact, contact_loads(before["state"]).posts if before else (), revision)


def _row(contact: Contact, origin: Origin, first: str, last: str) -> list[Any]:
    when, place = contact.when, contact.place
    sides = dict.fromkeys(post.side for post in contact.posts if post.side)
    return [
        contact.id,
        names(contact.parties),
        contact.mode,
        contact.status,
        contact.confidence,
        when and stamp(when.start),
        when and stamp(when.end),
        when and when.precision,
        place and clean(place.name),
        place and place.country,
        clean(", ".join(contact.topics)),
        clean(" ".join(sides)),
        stamp(contact.opened_at),
        stamp(contact.updated_at),
        stamp(when.start if when else contact.opened_at),
        first,
        last,
        origin,
        contact.readout,
        stamp_or_none(contact.readout_due),
        stamp_or_none(contact.readout_at),
        None if contact.conflict is None else clean(contact.conflict),
        int(contact.lapsed),
        int(contact.retracted),
        contact.merged_into,
        dumps(contact_to(contact)),
    ]


def _write_posts(db: Database, contact: Contact, before: tuple[ContactPost, ...], revision: int | None) -> None:
    """Bring `contact_posts` to the contact's posts. A post that is not in the log (an imported contact's) has no row."""
    for number, post in enumerate(contact.posts):
        if number < len(before) and before[number] == post:
            continue
        db.execute("DELETE FROM contact_posts WHERE contact = ? AND number = ?", [contact.id, number])
        row = db.execute("SELECT id, newest FROM posts WHERE key = ?", [clean(post.post)]).fetchone()
        if row is None:
            continue
        said = next((known for known in (post.revision, revision) if known and _is_of(db, known, row["id"])), row["newest"])
        db.execute(
            "INSERT INTO contact_posts (contact, number, post, claim, revision, relation, form, side, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [contact.id, number, row["id"], post.index, said, post.relation, post.form, post.side, stamp(post.at)],
        )
    if len(before) > len(contact.posts):
        db.execute("DELETE FROM contact_posts WHERE contact = ? AND number >= ?", [contact.id, len(contact.posts)])


def _is_of(db: Database, revision: int, post: int) -> bool:
    return db.execute("SELECT 1 FROM revisions WHERE id = ? AND post = ?", [revision, post]).fetchone() is not None
