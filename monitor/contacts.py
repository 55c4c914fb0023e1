"""Questions about a contact that several rooms ask: who takes part, which side has spoken, what the sides disagree on.

Floor 0: values in, values out. `Change` is what `correlate` says happened to a contact, and what `compose` puts into
words and `route` sends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from monitor.model import AlertKind, Contact, ContactPost, Interval, Kind, Mode, Participant, Post

Family = Literal["talk", "meeting", "letter", "any"]
FAMILIES: dict[Mode, Family] = {
    "call": "talk", "video": "talk", "meeting": "meeting", "visit": "meeting", "summit": "meeting", "letter": "letter",
    "unspecified": "any",
}  # fmt: skip
"""Modes that posts of the two sides use for one and the same contact."""

UNOFFICIAL: tuple[Kind, ...] = ("media", "other")
"""Kinds of account that report, and never speak for the country they are in."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A post that says it is older has a broken clock; near the calendar's ends there is no room to reckon."""

DAYS_APART = timedelta(hours=12)
"""Finely timed words are of two days only with a gap of this much: "just now" and "an hour ago" are not."""

DetailKind = Literal[
    "status", "confirmed", "readout", "named", "joined", "moved", "dated", "withdrawn", "deleted", "restored", "again",
    "conflict", "merged", "split",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that changed. `value` is a country, a status, a participant's name …; empty where the kind says all."""

    kind: DetailKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one post, act or passing of time did to one contact. `kind` None: nothing to tell; `reason` says why in any case.

    `quiet` names why an alert is written but not sent: "baseline", "backfill", "import", "old post", "long past" or "never told".
    """

    before: Contact | None
    after: Contact
    kind: AlertKind | None
    reason: str
    details: tuple[Detail, ...] = ()
    entry: ContactPost | None = None
    quiet: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """What two sides say differently. `kind` denied: `a` denies what `b` says; day, mode: `a` and `b` name different ones."""

    kind: Literal["denied", "day", "mode"]
    a: str
    b: str
    a_says: ContactPost
    b_says: ContactPost


def told_at(post: Post) -> datetime:
    """The time a post speaks from, within reason."""
    return max(post.at, EARLIEST)


def official(entry: ContactPost) -> bool:
    """Whether the post speaks for its country or organisation."""
    return entry.side is not None and entry.kind not in UNOFFICIAL


def active(contact: Contact) -> tuple[ContactPost, ...]:
    """The posts that still say what they said, in the order in which they speak."""
    return tuple(sorted((e for e in contact.posts if e.relation != "withdrawn"), key=in_time))


def in_time(entry: ContactPost) -> tuple[datetime, datetime, str, int]:
    """Sort key: by the post's own time, then by when it was seen."""
    return entry.at, entry.seen_at, entry.post, entry.index


def sides(contact: Contact) -> tuple[str, ...]:
    """The countries and organisations that take part, in the order of the parties."""
    return tuple(dict.fromkeys(p.country for p in contact.parties if p.country))


def speaks(entry: ContactPost, parties: Iterable[Participant]) -> str | None:
    """The side the post speaks for, if it is one that takes part; None for reports by others."""
    return entry.side if official(entry) and any(p.country == entry.side for p in parties) else None


def spoken(contact: Contact) -> tuple[str, ...]:
    """Sides that have said that the contact is, was, or will be; first speaker first. A denial does not count."""
    said = (speaks(e, contact.parties) for e in active(contact) if e.claim.status != "denied")
    return tuple(dict.fromkeys(s for s in said if s))


def ever_spoken(contact: Contact) -> frozenset[str]:
    """Sides that have said so at some time, taken back or not."""
    said = (speaks(e, contact.parties) for e in contact.posts if e.claim.status != "denied")
    return frozenset(s for s in said if s)


def silent(contact: Contact) -> tuple[str, ...]:
    """Sides that have not."""
    heard = spoken(contact)
    return tuple(s for s in sides(contact) if s not in heard)


def readouts(contact: Contact) -> tuple[ContactPost, ...]:
    """Readouts published by a participant's government, in time."""
    return tuple(e for e in active(contact) if e.form == "readout" and speaks(e, contact.parties))


def first_word(contact: Contact) -> ContactPost | None:
    """The post that was seen first, withdrawn or not."""
    return min(contact.posts, key=lambda e: (e.seen_at, e.at, e.post, e.index), default=None)


def conflicts(contact: Contact) -> tuple[Conflict, ...]:
    """What the sides disagree on as things stand, from the last word of each side."""
    if contact.status in ("cancelled", "denied"):
        return ()
    last: dict[str, ContactPost] = {}
    for entry in active(contact):
        side = speaks(entry, contact.parties)
        if side and (entry.claim.status != "cancelled" or side not in last):
            last[side] = entry
    found: list[Conflict] = []
    entries = list(last.items())
    for i, (a, a_says) in enumerate(entries):
        for b, b_says in entries[i + 1 :]:
            found += _between(a, a_says, b, b_says)
    return tuple(found)


def _between(a: str, a_says: ContactPost, b: str, b_says: ContactPost) -> list[Conflict]:
    one, two = a_says.claim, b_says.claim
    if (one.status == "denied") != (two.status == "denied"):
        if one.status == "denied":
            return [Conflict("denied", a, b, a_says, b_says)]
        return [Conflict("denied", b, a, b_says, a_says)]
    found = []
    family_one, family_two = FAMILIES[one.mode], FAMILIES[two.mode]
    if family_one != family_two and "any" not in (family_one, family_two):
        found.append(Conflict("mode", a, b, a_says, b_says))
    if one.when and two.when and one.status == two.status and _different_days(one.when, two.when):
        found.append(Conflict("day", a, b, a_says, b_says))
    return found


def _different_days(one: Interval, two: Interval) -> bool:
    """Two days of which neither is perhaps only UTC's: where an account's zone is not known, its days are cut at the wrong hour."""
    sure = not {one.precision, two.precision} & {"minute", "hour", "unknown"} and not any(i.start.astimezone(UTC).hour == 0 for i in (one, two))
    return not one.overlaps(two) and (sure or gap(one, two) >= DAYS_APART)


def conflict_words(found: Sequence[Conflict]) -> str | None:
    """The conflicts as stored with the contact, in plain English."""
    said = []
    for c in found:
        if c.kind == "denied":
            said.append(f"{c.a} denies what {c.b} says")
        elif c.kind == "mode":
            said.append(f"{c.a} says {c.a_says.claim.mode}, {c.b} says {c.b_says.claim.mode}")
        else:
            said.append(f"{c.a} and {c.b} name different days")
    return "; ".join(said) or None


def gap(one: Interval, two: Interval) -> timedelta:
    """The time between two intervals; zero if they overlap or touch."""
    return max(two.start - one.end, one.start - two.end, timedelta(0))
