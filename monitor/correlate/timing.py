"""When a claim says its contact takes place, and whether two such times can be one.

A claim with words for the time has its interval; without, the form and status and the time of the post give one. The
lengths are wide enough for the slower side's press office and short enough to keep the calls of two days apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.contacts import FAMILIES, active
from monitor.model import Claim, Contact, ContactPost, Form, Interval, Mode, Precision

FINE: tuple[Precision, ...] = ("minute", "hour")
FINENESS: dict[Precision, int] = {"minute": 0, "hour": 1, "part_of_day": 2, "day": 3, "week": 4, "month": 5, "unknown": 6}

BACK: dict[Form, timedelta] = {
    "announcement": timedelta(hours=24),
    "other": timedelta(hours=24),
    "readout": timedelta(hours=72),
    "denial": timedelta(days=7),
    "follow_up": timedelta(days=7),
}
"""How far back "we spoke" reaches where no word says when."""

AHEAD: dict[str, timedelta] = {
    "talk": timedelta(days=3),
    "meeting": timedelta(days=30),
    "letter": timedelta(days=7),
    "any": timedelta(days=14),
}
"""How far ahead "we will meet" reaches where no word says when, by family of mode."""

LASTS: dict[str, timedelta] = {
    "talk": timedelta(hours=1),
    "meeting": timedelta(days=3),
    "letter": timedelta(days=1),
    "any": timedelta(days=1),
}
"""How long what is under way may go on, by family of mode: a state visit has its talks on the second day."""


@dataclass(frozen=True, slots=True)
class Span:
    """An interval and whether words gave it."""

    interval: Interval
    explicit: bool

    @property
    def fine(self) -> bool:
        return self.explicit and self.interval.precision in FINE


def claim_span(claim: Claim, form: Form, at: datetime) -> Span:
    """When this claim says its contact takes place."""
    if claim.when is not None and claim.when.precision != "unknown":
        return Span(claim.when, explicit=True)
    ahead = AHEAD[FAMILIES[claim.mode]]
    start, end = {
        "happened": (at - BACK[form], at),
        "ongoing": (at - timedelta(hours=12), at + LASTS[FAMILIES[claim.mode]]),
        "upcoming": (at, at + ahead),
        "cancelled": (at - timedelta(days=1), at + 2 * ahead),
        "denied": (at - BACK["denial"], at + ahead),
    }[claim.status]
    return Span(Interval(start, end, "unknown"), explicit=False)


def contact_span(contact: Contact) -> Span:
    """When the contact takes place as far as its posts say."""
    if contact.when is not None:
        return Span(contact.when, explicit=True)
    entries = active(contact) or contact.posts
    held = [e for e in entries if e.claim.status in ("happened", "ongoing")]
    spans = [claim_span(e.claim, e.form, e.at) for e in held or entries]
    if not spans:  # imported without posts
        return Span(Interval(contact.opened_at - timedelta(days=1), contact.opened_at, "unknown"), explicit=False)
    start, end = max(s.interval.start for s in spans), min(s.interval.end for s in spans)
    happened = [e.at for e in held if e.claim.status == "happened"]
    if happened:  # the first report bounds it: later ones do not pull it towards them
        end = min(happened)
        start = min(start, end - BACK["announcement"])
    return Span(Interval(min(start, end), max(start, end), "unknown"), explicit=False)


def settle(entries: tuple[ContactPost, ...]) -> Interval | None:
    """The time of a contact from the words of its posts in time order: the finest that agrees, else the last word.

    What a post says of a contact that took place outweighs what was planned.
    """
    told = [e for e in entries if e.claim.when is not None and e.claim.when.precision != "unknown" and e.claim.status != "denied"]
    held = [e for e in told if e.claim.status in ("happened", "ongoing")]
    settled: Interval | None = None
    for entry in held or told:
        when = entry.claim.when
        assert when is not None
        if settled is None or not settled.overlaps(when):
            if settled is None or not held:  # a plan that moved; two reports of what was are a conflict, and the first stands
                settled = when
        else:
            settled = _closer(settled, when)
    return settled


def _closer(a: Interval, b: Interval) -> Interval:
    """What two intervals that agree come to: the finer one, cut to the other where that leaves anything."""
    fine, coarse = (a, b) if (FINENESS[a.precision], a.end - a.start) <= (FINENESS[b.precision], b.end - b.start) else (b, a)
    start, end = max(fine.start, coarse.start), min(fine.end, coarse.end)
    return Interval(start, end, fine.precision) if start < end else fine


def same_family(a: Mode, b: Mode) -> bool:
    """Whether two modes can be words for one contact."""
    return FAMILIES[a] == FAMILIES[b] or "any" in (FAMILIES[a], FAMILIES[b])
