"""A contact from its posts: everything but ids, time-driven marks and what people decided follows from what its posts say.

Because a contact is worked out anew from all its posts, it comes out the same in whichever order they arrive, and an
edit, a deletion, a merge or a split only changes which posts there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import get_args

from monitor.contacts import FAMILIES, active, conflict_words, conflicts, in_time, readouts, speaks
from monitor.correlate.parties import pair_up, union
from monitor.correlate.timing import settle
from monitor.correlate.values import Settings
from monitor.model import Contact, ContactPost, Mode, Participant, Place, ReadoutState, Status

CEILING = 0.99
"""No number of posts makes a contact certain."""

OTHERS_WEIGHT = 0.5
"""How much a report by an uninvolved account adds, beside a word of a side's own."""


def fold(contact_id: str, posts: Iterable[ContactPost], before: Contact | None, settings: Settings) -> Contact:
    """The contact that these posts tell of. `before` lends what posts do not say: opening, lapse, overdue, retraction."""
    ordered = tuple(sorted(posts, key=in_time))
    speaking = tuple(e for e in ordered if e.relation != "withdrawn") or ordered  # all withdrawn: what was said last stands for the log
    imported = before if before and not before.posts else None  # it says itself what no post does
    groups = [e.claim.participants for e in _first_side_first(speaking)]
    parties = _kept_in_order(union([imported.parties, *groups] if imported else groups), before)
    status = _status(speaking, parties)
    seen = [e.seen_at for e in ordered]
    contact = Contact(
        id=contact_id,
        parties=parties,
        mode=_mode(speaking),
        status=status,
        confidence=_confidence(speaking, parties),
        opened_at=before.opened_at if before else min(seen),
        updated_at=max([*seen, before.updated_at] if before else seen),
        when=settle(speaking) or (imported.when if imported else None),
        place=_place(speaking) or (imported.place if imported else None),
        topics=tuple(dict.fromkeys(t for e in speaking for t in e.claim.topics)),
        posts=ordered,
        lapsed=bool(before and before.lapsed and status == "upcoming"),
        retracted=bool(before and before.retracted),
        merged_into=before.merged_into if before else None,
        told=bool(before and before.told),
    )
    return replace(_with_readout(contact, before, settings), conflict=conflict_words(conflicts(contact)))


def _first_side_first(entries: tuple[ContactPost, ...]) -> list[ContactPost]:
    """Officials before others, so that the parties are named by those who know."""
    return sorted(entries, key=lambda e: (e.side is None or e.kind in ("media", "other"), in_time(e)))


def _kept_in_order(parties: tuple[Participant, ...], before: Contact | None) -> tuple[Participant, ...]:
    """In the order in which they stood: a headline that the desk knows does not turn round."""
    if before is None:
        return parties
    places = {j: i for i, j, _ in pair_up(before.parties, parties)}
    return tuple(p for _, p in sorted(enumerate(parties), key=lambda item: (places.get(item[0], len(places)), item[0])))


def _status(entries: tuple[ContactPost, ...], parties: tuple[Participant, ...]) -> Status:
    """What has become of it: a report that it took place outweighs plans and, if later or alone, a cancellation.

    A denial stands against the words of its own side and of uninvolved accounts; against the other side's word it is a
    conflict, and the contact keeps what that side says.
    """
    standing = _not_denied(entries, parties)
    if not standing:
        return "denied"
    happened = [e for e in standing if e.claim.status == "happened"]
    if happened:
        return "happened"
    last = standing[-1].claim.status
    if last == "upcoming" and any(e.claim.status == "ongoing" for e in standing):
        return "ongoing"
    return last


def _not_denied(entries: tuple[ContactPost, ...], parties: tuple[Participant, ...]) -> list[ContactPost]:
    """The affirming posts left after the denials by the sides have taken away those they answer."""
    denials: dict[str, ContactPost] = {}
    for entry in entries:
        side = speaks(entry, parties)
        if entry.claim.status == "denied" and side:
            denials[side] = entry
    affirming = [e for e in entries if e.claim.status != "denied"]
    left = []
    for entry in affirming:
        side = speaks(entry, parties)
        if side is None and denials:
            continue  # a report by somebody else, denied by one who would know
        if side in denials and in_time(denials[side]) > in_time(entry):
            continue  # taken back by the same side
        left.append(entry)
    return left


def _mode(entries: tuple[ContactPost, ...]) -> Mode:
    """The mode that most accounts name, a particular one before a vague one; of equals the first in the vocabulary's order."""
    modes: tuple[Mode, ...] = get_args(Mode)
    named = {(e.account, e.claim.mode) for e in entries if e.claim.mode != "unspecified"}
    if not named:
        return "unspecified"
    counts = Counter(mode for _, mode in named)
    best = max(counts.values())
    order = {"video": -1, "visit": -1}  # "a video call", "met during the visit": the particular word
    return min((m for m in counts if counts[m] == best), key=lambda m: (order.get(m, 0), modes.index(m)))


def _place(entries: tuple[ContactPost, ...]) -> Place | None:
    places = [e.claim.place for e in entries if e.claim.place]
    return max(places, key=lambda p: (p.country is not None,), default=None)


def _confidence(entries: tuple[ContactPost, ...], parties: tuple[Participant, ...]) -> float:
    """That the contact is real: each side's best post counts as a witness of its own, uninvolved accounts together as half a one."""
    best: dict[str, float] = {}
    for entry in entries:
        side = speaks(entry, parties) or ""
        best[side] = max(best.get(side, 0.0), entry.claim.confidence)
    others = best.pop("", 0.0)
    doubt = 1.0
    for confidence in best.values():
        doubt *= 1.0 - confidence
    doubt *= 1.0 - (others * OTHERS_WEIGHT if best else others)
    return max(e.claim.confidence for e in entries) if len(entries) == 1 else round(min(CEILING, 1.0 - doubt), 4)


def _with_readout(contact: Contact, before: Contact | None, settings: Settings) -> Contact:
    """Adds the state of the readout: awaited from the moment a contact is reported to have taken place."""
    published = readouts(contact)
    if published:
        return replace(contact, readout="published", readout_at=min(e.at for e in published))
    if contact.status != "happened" or FAMILIES[contact.mode] == "letter" or not active(contact):
        return contact
    due = _reported(contact) + settings.readout_within(tuple(p.country for p in contact.parties if p.country))
    state: ReadoutState = "overdue" if before and before.readout == "overdue" else "awaited"
    return replace(contact, readout=state, readout_due=due)


def _reported(contact: Contact) -> datetime:
    """When word came that it took place."""
    return min(e.seen_at for e in active(contact) if e.claim.status == "happened")
