"""From a finding to what changes: each claim opens or joins a contact, each edit or deletion revises what the post said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from monitor.contacts import UNOFFICIAL, Change, told_at
from monitor.correlate.acts import merge
from monitor.correlate.claims import entries
from monitor.correlate.due import NEVER_TOLD
from monitor.correlate.find import Said, find, window
from monitor.correlate.ids import contact_id
from monitor.correlate.parties import fit
from monitor.correlate.relate import joined, opened, revised, withdrawn
from monitor.correlate.timing import same_family
from monitor.correlate.values import Settings
from monitor.decision import Link, Work
from monitor.model import Contact, ContactPost, Finding, Interval, Participant

LONG_PAST = "long past"
"""Why the first word of what took place long before is kept in the log: it recalls, it does not announce."""


class Log(Protocol):
    """What correlation reads of the log (a part of `decision.Reader`)."""

    def candidates(self, parties: Sequence[Participant], window: Interval) -> Sequence[Contact]: ...
    def contact(self, contact_id: str) -> Contact | None: ...
    def contacts_of_post(self, post: str) -> Sequence[Contact]: ...
    def links(self, post: str) -> Sequence[Link]: ...


def correlate(work: Work, finding: Finding, log: Log, now: datetime, settings: Settings) -> tuple[Change, ...]:
    """What this revision changes, contact by contact. The same revision a second time changes nothing."""
    told = entries(work, finding)
    changes: list[Change] = []
    used: set[str] = set()
    for contact in log.contacts_of_post(work.post.key):
        for old in (e for e in contact.posts if e.post == work.post.key):
            used.add(contact.id)
            new = _successor(old, contact, told)
            if new is not None:
                told.remove(new)
                new = replace(new, at=old.at, seen_at=old.seen_at)
                changes.append(revised(contact, old, new, work.post.seen_at, settings))
            elif old.relation != "withdrawn":
                changes.append(withdrawn(contact, old, work.post.deleted, work.post.seen_at, settings))
            contact = changes[-1].after if changes and changes[-1].after.id == contact.id else contact
    for entry in told:
        placed = _place(entry, log, used, settings)
        used.update(c.after.id for c in placed)
        changes += placed
    return tuple(_marked(c, work, now, settings) for c in changes if c.after != c.before)


def _successor(old: ContactPost, contact: Contact, told: Sequence[ContactPost]) -> ContactPost | None:
    """The claim of an edited post that stands where `old` stood."""
    fits = [
        e for e in told
        if fit(e.claim.participants, old.claim.participants) and same_family(e.claim.mode, contact.mode)
    ]  # fmt: skip
    return min(fits, key=lambda e: (e.index != old.index, e.claim.status != old.claim.status, e.index), default=None)


def _place(entry: ContactPost, log: Log, used: set[str], settings: Settings) -> list[Change]:
    """A claim's own contact: the one that a person linked it to, the one that fits, or a new one."""
    barred, linked = _links(entry, log)
    chosen = [c for c in linked if c.id not in used and c.id not in barred]
    if chosen:
        chosen.sort(key=lambda c: (fit(entry.claim.participants, c.parties) is None, c.opened_at, c.id))
        change = joined(chosen[0], entry, settings)
        return [change, *_gathered(change.after, chosen[1:], settings)]
    official_side = entry.side if entry.kind not in UNOFFICIAL else None
    said = Said(entry.claim, entry.form, entry.account, official_side, entry.at)
    found = find(said, log.candidates(entry.claim.participants, window(said)), barred | used)
    if found is not None:
        return [joined(found, entry, settings)]
    return [opened(contact_id(entry.post, entry.index, lambda name: log.contact(name) is None and name not in used), entry, settings)]


def _links(entry: ContactPost, log: Log) -> tuple[set[str], list[Contact]]:
    """Contacts that a person ruled out for this post, and those that a person said it belongs to."""
    barred: set[str] = set()
    linked: dict[str, Contact] = {}
    for link in log.links(entry.post):
        other = link.b if link.a == entry.post else link.a
        for contact in log.contacts_of_post(other):
            if link.kind == "must_not":
                barred.add(contact.id)
            else:
                linked[contact.id] = contact
    return barred, list(linked.values())


def _gathered(into: Contact, others: Iterable[Contact], settings: Settings) -> list[Change]:
    """Further contacts that the same links bring together, as after a replay in another order."""
    changes: list[Change] = []
    for other in others:
        kept, gone = merge(into, other, settings)
        changes += [kept, gone]
        into = kept.after
    return changes


def _marked(change: Change, work: Work, now: datetime, settings: Settings) -> Change:
    """Says of an alert that it is written but not sent, and of a contact whether it was ever told."""
    if change.after.retracted:
        return replace(change, kind=None, reason=f"retracted; {change.reason}")
    quiet = _quiet(change, work, now, settings)
    if change.kind is None and quiet is None and change.before and not change.before.told and _fresh_word(change):
        change = replace(change, kind="update", reason="not told before")
    told = change.after.told or (change.kind is not None and quiet is None)
    return replace(change, quiet=quiet, after=replace(change.after, told=told))


def _fresh_word(change: Change) -> bool:
    """A post that adds nothing to what the log knows, but is the first that the desk can be told of."""
    entry = change.entry
    return entry is not None and entry.relation == "repeats" and entry.form != "follow_up"


def _quiet(change: Change, work: Work, now: datetime, settings: Settings) -> str | None:
    first = work.number == 1
    if first and work.origin != "live":
        return work.origin
    at = change.entry.at if change.entry else told_at(work.post)
    claim = change.entry.claim if change.entry else None
    if change.kind in ("new", "update") and claim and claim.status == "happened" and claim.when and at - claim.when.end > settings.past_age:
        return LONG_PAST
    revision_of_live = not first and work.origin == "live"
    if change.kind == "source_deleted" and change.before and not change.before.told:
        return NEVER_TOLD
    return "old post" if now - at > settings.alert_age and not revision_of_live else None
