"""News that time alone brings: a readout that is overdue, a plan whose time has passed without a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.contacts import Change, active
from monitor.model import Contact

GRACE = timedelta(hours=6)
"""How long after the end of its time a plan may still be reported as held before it counts as lapsed."""

NEVER_TOLD = "never told"
"""Why news of a contact that no desk has heard of is kept in the log."""


def overdue(contact: Contact, now: datetime) -> Change | None:
    """Once: no readout by the time it was due. `updated_at` stays: nobody has said anything."""
    if contact.readout != "awaited" or contact.readout_due is None or contact.readout_due > now or contact.retracted:
        return None
    quiet = None if contact.told else NEVER_TOLD
    return Change(contact, replace(contact, readout="overdue"), "overdue", "no readout when it was due", quiet=quiet)


def lapsed(contact: Contact, now: datetime) -> Change | None:
    """Once: an upcoming contact's time is over and nobody has said what became of it."""
    if contact.status != "upcoming" or contact.lapsed or contact.retracted or contact.when is None or contact.when.end + GRACE > now:
        return None
    if contact.posts and not active(contact):
        return None  # nobody says any more that it was planned
    quiet = None if contact.told else NEVER_TOLD
    return Change(contact, replace(contact, lapsed=True), "lapsed", "its time passed without a word", quiet=quiet)
