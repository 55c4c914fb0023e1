"""Which known contact a claim is about, if any."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.contacts import FAMILIES, active, gap, official, readouts, speaks, spoken
from monitor.correlate.parties import Fit, fit
from monitor.correlate.timing import AHEAD, Span, claim_span, contact_span, same_family
from monitor.model import Claim, Contact, ContactPost, Form, Interval, Status

REPEAT = timedelta(hours=2)
"""Two precisely timed words of one account farther apart than this are of two talks: "just spoke" at nine and at six."""

SAID_ANEW = timedelta(hours=12)
"""One side's plain announcements farther apart than this are of two talks, unless the words look back."""

ONE_TALK = timedelta(hours=6)
"""Precisely timed words of different accounts within this may be of one talk: a press office is slower than a president."""

MOVED = timedelta(days=7)
"""How far a planned contact may move, or the sides differ on its day, and still be the same one."""

REVIVED = timedelta(days=14)
"""How far a cancelled contact may move when it is announced anew."""

SIDES_DIFFER = timedelta(hours=36)
"""How far apart the days may be that two sides name for what took place, told at about the same time."""

MANY = timedelta(hours=3)
"""Talks of some within a talk of many are one if told within this."""

STAGES: dict[Status, Literal["open", "held", "cancelled", "denied"]] = {
    "upcoming": "open", "ongoing": "open", "happened": "held", "cancelled": "cancelled", "denied": "denied",
}  # fmt: skip

FIT_RANK: dict[Fit, int] = {"same": 0, "likely": 1, "part": 2}


@dataclass(frozen=True, slots=True)
class Said:
    """A claim with who says it, where and when: what is compared with a contact."""

    claim: Claim
    form: Form
    account: str
    side: str | None  # of an official account
    at: datetime

    @property
    def span(self) -> Span:
        return claim_span(self.claim, self.form, self.at)


def window(said: Said) -> Interval:
    """Where to look for candidates: everything that the rules below could accept."""
    span = said.span.interval
    margin = REVIVED + timedelta(days=1)
    back = max(margin, 2 * AHEAD[FAMILIES[said.claim.mode]])  # a plan without a date was last heard of so long ago at most
    return Interval(min(span.start, said.at) - back, max(span.end, said.at) + margin, "unknown")


def find(said: Said, candidates: Iterable[Contact], barred: Set[str]) -> Contact | None:
    """The contact that fits best, or None: a new one. `barred` are contacts that a person or the post itself rules out."""
    best: tuple[tuple[int, timedelta, bool, bool, timedelta, datetime, str], Contact] | None = None
    for contact in candidates:
        if contact.id in barred or contact.merged_into or contact.retracted:
            continue
        how = _fits(said, contact)
        if how is None:
            continue
        parties, away = how
        nearest = min((abs(said.at - e.at) for e in contact.posts), default=abs(said.at - contact.opened_at))
        has_readout = said.form == "readout" and any(e.side == said.side for e in readouts(contact))
        rank = (FIT_RANK[parties], away, not _expects(said, contact), has_readout, nearest, contact.opened_at, contact.id)
        if best is None or rank < best[0]:
            best = (rank, contact)
    return best[1] if best else None


def _fits(said: Said, contact: Contact) -> tuple[Fit, timedelta] | None:
    parties = fit(said.claim.participants, contact.parties)
    if parties is None or _again(said, contact) or _backwards(said, contact):
        return None
    if STAGES[said.claim.status] == STAGES[contact.status] == "open" and _elsewhere(said, contact):
        return None
    if parties == "part" and not _one_talk_of_many(said, contact):
        return None
    if len(said.claim.participants) < 2 and not _told_again_soon(said, contact):
        return None
    away = _apart(said, contact)
    if away is None:
        return None
    if same_family(said.claim.mode, contact.mode):
        return parties, away
    return (parties, away + ONE_TALK) if _told_differently(said, contact) else None


def _again(said: Said, contact: Contact) -> bool:
    """Whether the words are of a further contact: "spoke again", or the plain words anew long after, by the same side."""
    own = [e for e in active(contact) if _same_speaker(said, e)]
    if any(e.role == "again" for e in said.claim.evidence):
        return any(e.at < said.at for e in own)
    pairs = [(e, e.at <= said.at) for e in own if e.claim.status == said.claim.status == "happened"]
    told = [e for e, before in pairs if (_anew(e.form, said.form, said.claim, said.at) if before else _anew(said.form, e.form, e.claim, e.at))]
    return bool(told) and all(abs(said.at - e.at) > SAID_ANEW for e in told)


def _anew(earlier: Form, later: Form, claim: Claim, at: datetime) -> bool:
    """Whether the later words are such that they announce rather than recall: a readout follows an announcement, once.

    Of a visit both sides go on publishing for days.
    """
    span = claim_span(claim, later, at)
    looks_back = span.interval.precision in ("week", "month") or not span.interval.start <= at < span.interval.end
    if span.explicit and looks_back:
        return False
    if later == "announcement":
        return earlier in ("announcement", "readout")
    return earlier == later == "readout" and FAMILIES[claim.mode] != "meeting"


def _same_speaker(said: Said, entry: ContactPost) -> bool:
    return entry.account == said.account or (said.side is not None and official(entry) and entry.side == said.side)


def _backwards(said: Said, contact: Contact) -> bool:
    """Whether the words would undo what was told before: a plan after its side said "held", a cancellation after anyone did."""
    for entry in active(contact):
        earlier, later = entry.claim.status, said.claim.status
        if said.at < entry.at:
            earlier, later = later, earlier
        if earlier == "happened" and (later == "cancelled" or (later == "upcoming" and _same_speaker(said, entry))):
            return True
    return False


def _elsewhere(said: Said, contact: Contact) -> bool:
    """Whether two plans name different places."""
    here, there = said.claim.place, contact.place
    if here is None or there is None:
        return False
    if here.country and there.country:
        return here.country != there.country
    return here.name.casefold() != there.name.casefold()


def _expects(said: Said, contact: Contact) -> bool:
    """Whether the contact waits for such words: a plan for its cancellation, a plan whose time it is for its outcome."""
    if said.claim.status == "happened":
        return STAGES[contact.status] == "open" and contact.when is not None
    return STAGES[contact.status] != "held"


def _one_talk_of_many(said: Said, contact: Contact) -> bool:
    """A call, told within hours, that another account tells of with fewer or more of those who took part.

    Leaders who meet in one place meet in twos and threes all day: those meetings stay apart, and so does what one account
    tells of twice with different people.
    """
    if "meeting" in (FAMILIES[said.claim.mode], FAMILIES[contact.mode]) and said.claim.mode != contact.mode:
        return False
    if FAMILIES[contact.mode] == "meeting" and contact.mode != "summit":
        return False
    return all(e.account != said.account for e in contact.posts) and any(abs(said.at - e.at) <= MANY for e in contact.posts)


def _told_again_soon(said: Said, contact: Contact) -> bool:
    """With the other party unknown, only words that follow at once are of the same contact."""
    return said.claim.mode == contact.mode and any(abs(said.at - e.at) <= REPEAT for e in contact.posts)


def _told_differently(said: Said, contact: Contact) -> bool:
    """One side says call, the other meeting, of what both say took place at about the same time: a conflict, not two contacts."""
    if said.side is None or said.side in spoken(contact) or said.claim.status != "happened" or contact.status != "happened":
        return False
    if "letter" in (said.claim.mode, contact.mode):
        return False
    of_sides = (e for e in active(contact) if speaks(e, contact.parties))
    return any(abs(said.at - e.at) <= MANY for e in of_sides) and any(p.country == said.side for p in contact.parties)


def _apart(said: Said, contact: Contact) -> timedelta | None:
    """How far apart the two times are; None if they cannot be one contact's."""
    ours, theirs = said.span, contact_span(contact)
    away = gap(ours.interval, theirs.interval)
    own = [e for e in active(contact) if e.account == said.account]
    if ours.fine and theirs.fine and said.claim.status == contact.status == "happened":
        return away if away <= (REPEAT if own else ONE_TALK) else None
    if ours.interval.overlaps(theirs.interval):
        return timedelta(0)
    leeway = _leeway(said, contact, ours, theirs)
    return away if leeway and away <= leeway else None


def _leeway(said: Said, contact: Contact, ours: Span, theirs: Span) -> timedelta:
    """By how much two times may miss each other."""
    statuses = {STAGES[said.claim.status], STAGES[contact.status]}
    if "denied" in statuses:
        return SIDES_DIFFER
    if statuses == {"open"}:
        return MOVED
    if "cancelled" in statuses and "held" not in statuses:
        return REVIVED
    if statuses == {"held"} and ours.explicit and theirs.explicit:
        told_together = any(abs(said.at - e.at) <= timedelta(hours=24) for e in contact.posts)
        unheard = said.side is not None and said.side not in spoken(contact)
        return SIDES_DIFFER if told_together and unheard else timedelta(0)
    return timedelta(0)
