"""What one post does to one contact: its relation, what changed, and whether that is worth an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitor.contacts import Change, Detail, active, ever_spoken, readouts, speaks, spoken
from monitor.correlate.fold import fold
from monitor.correlate.parties import pair_up
from monitor.correlate.timing import FINENESS
from monitor.correlate.values import Settings
from monitor.model import AlertKind, Contact, ContactPost, Relation

DATED: int = FINENESS["day"]
"""From this precision on a plan has a date."""

MATERIAL = ("status", "again", "named", "joined", "moved", "dated")


def opened(contact_id: str, entry: ContactPost, settings: Settings) -> Change:
    """The contact that a post is the first word of."""
    relation: Relation = "announces"
    if entry.claim.status in ("denied", "cancelled"):
        relation = "denies" if entry.claim.status == "denied" else "cancels"
    elif entry.form == "readout":
        relation = "readout"
    entry = replace(entry, relation=relation)
    after = fold(contact_id, (entry,), None, settings)
    kind: AlertKind = after.status if after.status in ("cancelled", "denied") else "new"
    details = (Detail("readout", entry.side or ""),) if readouts(after) else ()
    return Change(None, after, kind, "first word", details, entry)


def joined(before: Contact, entry: ContactPost, settings: Settings) -> Change:
    """The contact after one more post."""
    after = fold(before.id, (*before.posts, entry), before, settings)
    details = differences(before, after)
    entry = replace(entry, relation=relation(before, after, entry, details))
    after = replace(after, posts=tuple(entry if same_claim(e, entry) else e for e in after.posts))
    kind, reason = verdict(before, after, details, entry)
    return Change(before, after, kind, reason, details, entry)


def revised(before: Contact, old: ContactPost, new: ContactPost, now: datetime, settings: Settings) -> Change:
    """The contact after an edit that still claims it."""
    if (old.claim, old.form) == (new.claim, new.form) and old.relation != "withdrawn":
        same = tuple(replace(new, relation=e.relation) if same_claim(e, old) else e for e in before.posts)
        return Change(before, replace(before, posts=same), None, "post edited: says the same", entry=replace(new, relation=old.relation))
    others = tuple(e for e in before.posts if not same_claim(e, old))
    after = fold(before.id, (*others, new), before, settings)
    details = differences(before, after)
    if old.relation == "withdrawn":
        details = (Detail("restored", new.account), *details)
    without = replace(before, posts=others)
    new = replace(new, relation=relation(without, after, new, differences(without, after)) if others else _first(old, new))
    after = replace(after, posts=tuple(new if same_claim(e, new) else e for e in after.posts))
    if old.relation == "withdrawn" and old.claim == new.claim:
        return Change(before, replace(after, updated_at=max(after.updated_at, now)), "update", "post restored", details, new)
    kind, reason = verdict(before, after, details, new)
    if after.posts != before.posts:
        after = replace(after, updated_at=max(after.updated_at, now))
    return Change(before, after, kind, f"post edited: {reason}", details, new)


def _first(old: ContactPost, new: ContactPost) -> Relation:
    if new.claim.status in ("denied", "cancelled"):
        return "denies" if new.claim.status == "denied" else "cancels"
    return "readout" if new.form == "readout" else "announces" if old.relation in ("withdrawn", "denies", "cancels") else old.relation


def withdrawn(before: Contact, old: ContactPost, deleted: bool, now: datetime, settings: Settings) -> Change:
    """The contact after the deletion of a post, or an edit that no longer claims it."""
    gone = replace(old, relation="withdrawn")
    after = fold(before.id, tuple(gone if same_claim(e, old) else e for e in before.posts), before, settings)
    after = replace(after, updated_at=max(after.updated_at, now))
    what = Detail("deleted" if deleted else "withdrawn", old.account)
    reason = "post deleted" if deleted else "claim edited out"
    stands = any(e.account == old.account and e.claim.status == old.claim.status for e in active(after))
    unsaid = not active(after) or any(side not in spoken(after) for side in spoken(before))
    news = (unsaid or old.relation not in ("repeats", "follow_up")) and not stands
    if news and now - before.updated_at > settings.withdrawal_age:
        news, reason = False, f"{reason}, long after"
    return Change(before, after, "source_deleted" if news else None, reason, (what, *differences(before, after)), gone)


def same_claim(a: ContactPost, b: ContactPost) -> bool:
    return (a.post, a.index) == (b.post, b.index)


def differences(before: Contact, after: Contact) -> tuple[Detail, ...]:
    """What is new in `after`, in the order in which a desk wants it."""
    found: list[Detail] = []
    if before.status != after.status:
        found.append(Detail("status", after.status))
    if after.conflict and after.conflict != before.conflict:
        found.append(Detail("conflict", after.conflict))
    heard, ever = spoken(before), ever_spoken(before)
    found += [Detail("again" if side in ever else "confirmed", side) for side in spoken(after) if side not in heard]
    had = {e.side for e in readouts(before)}
    found += [Detail("readout", side) for side in dict.fromkeys(e.side for e in readouts(after)) if side and side not in had]
    pairs = {j: i for i, j, _ in pair_up(before.parties, after.parties)}
    for j, person in enumerate(after.parties):
        if j not in pairs:
            found.append(Detail("joined", person.name or person.country or ""))
        elif person.name and not before.parties[pairs[j]].name:
            found.append(Detail("named", person.name))
    if after.status in ("upcoming", "cancelled") and after.when and after.when.precision != "unknown":
        fine = FINENESS[after.when.precision] <= DATED
        if before.when and not before.when.overlaps(after.when):
            found.append(Detail("moved"))
        elif fine and (before.when is None or FINENESS[before.when.precision] > DATED) and after.status == "upcoming":
            found.append(Detail("dated"))
    return tuple(found)


def relation(before: Contact, after: Contact, entry: ContactPost, details: tuple[Detail, ...]) -> Relation:
    """What the post is to the contact as it stood."""
    if entry.claim.status in ("denied", "cancelled"):
        return "denies" if entry.claim.status == "denied" else "cancels"
    side = speaks(entry, after.parties)
    if side and entry.form == "readout" and side not in {e.side for e in readouts(before)}:
        return "readout"
    if side and side not in ever_spoken(before):
        return "confirms"
    if any(d.kind in MATERIAL for d in details):
        return "updates"
    return "follow_up" if entry.form == "follow_up" else "repeats"


def verdict(before: Contact, after: Contact, details: tuple[Detail, ...], entry: ContactPost) -> tuple[AlertKind | None, str]:
    """The one alert that a post is worth for a contact, the gravest first; None for what the desk knows already."""
    kinds = {d.kind for d in details}
    if "status" in kinds and after.status in ("denied", "cancelled"):
        return ("denied" if after.status == "denied" else "cancelled"), f"{before.status} → {after.status}"
    if "conflict" in kinds:
        return "conflict", after.conflict or "conflict"
    if "status" in kinds:
        return "update", f"{before.status} → {after.status}"
    if "readout" in kinds:
        return "readout", f"readout by {entry.side}"
    if "confirmed" in kinds:
        return "confirmed", f"word by {entry.side}"
    for kind in ("again", "named", "joined", "moved", "dated"):
        if kind in kinds:
            return "update", kind
    return None, "known already"
