"""What people decide about contacts: merge, split, retract. Links carry merges and splits over a replay."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from datetime import datetime

from monitor.contacts import Change, Detail, in_time
from monitor.correlate.fold import fold
from monitor.correlate.ids import contact_id
from monitor.correlate.values import Settings
from monitor.decision import Link
from monitor.model import Contact


def merge(into: Contact, gone: Contact, settings: Settings) -> tuple[Change, Change]:
    """Two contacts become the first of them; the other's id leads to it from now on."""
    base = replace(
        into,
        opened_at=min(into.opened_at, gone.opened_at),
        lapsed=into.lapsed and gone.lapsed,
        retracted=into.retracted and gone.retracted,
        told=into.told or gone.told,
    )
    if "overdue" in (into.readout, gone.readout):
        base = replace(base, readout="overdue")
    kept = fold(into.id, (*into.posts, *gone.posts), base, settings) if into.posts or gone.posts else base
    left = replace(gone, merged_into=into.id, posts=(), readout_due=None, readout="none")
    return (
        Change(into, kept, None, f"merged with {gone.id}"),
        Change(gone, left, "update", f"merged into {into.id}", (Detail("merged", into.id),)),
    )


def merge_links(into: Contact, gone: Contact) -> tuple[Link, ...]:
    """The facts behind a merge, on posts: each of one contact belongs with each of the other, whatever was said before."""
    ours, theirs = (dict.fromkeys(e.post for e in c.posts) for c in (into, gone))
    return tuple(Link("must", a, b) for a in ours for b in theirs if a != b)


def split(contact: Contact, posts: Set[str], free: Callable[[str], bool], settings: Settings) -> tuple[Change, Change] | None:
    """These posts (by key) become a contact of their own. None if that would leave either side without a post."""
    moved = tuple(sorted((e for e in contact.posts if e.post in posts), key=in_time))
    kept = tuple(e for e in contact.posts if e.post not in posts)
    if not moved or not kept:
        return None
    new_id = contact_id(moved[0].post, moved[0].index, free)
    first = replace(moved[0], relation="announces") if moved[0].relation in ("repeats", "confirms", "follow_up", "updates") else moved[0]
    off = fold(new_id, (first, *moved[1:]), None, settings)
    stays = fold(contact.id, kept, contact, settings)
    return (
        Change(contact, stays, None, f"{new_id} split off"),
        Change(None, replace(off, told=contact.told), "new", f"split from {contact.id}", (Detail("split", contact.id),)),
    )


def split_links(contact: Contact, posts: Set[str]) -> tuple[Link, ...]:
    """The facts behind a split: none of these posts belongs with any of those that stay."""
    keys = dict.fromkeys(e.post for e in contact.posts)
    return tuple(Link("must_not", stays, moved) for stays in keys if stays not in posts for moved in keys if moved in posts)


def retract(contact: Contact, now: datetime, why: str) -> Change:
    """A reviewer takes the contact back: it was never one."""
    after = replace(contact, retracted=True, updated_at=max(contact.updated_at, now), readout="none", readout_due=None)
    return Change(contact, after, "retracted", why or "retracted by a reviewer")
