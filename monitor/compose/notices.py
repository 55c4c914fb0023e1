"""Messages that are not about one contact: notices to the operator, digests, the test alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.compose.catalogue import catalogue
from monitor.compose.values import Desk
from monitor.compose.words import clean, moment
from monitor.decision import Waiting
from monitor.model import Message, Notice

SHOWN = 20
"""Headlines in one digest; the rest is counted and stands in the log."""

LENGTH = 600  # characters of a notice


def notice(told: Notice, desk: Desk) -> Message:
    words = catalogue(desk.language)
    text = clean(told.text, LENGTH)
    return Message(
        kind="notice", id=clean(told.key), urgent=not told.resolved,
        headline=words("notice.resolved" if told.resolved else "notice.standing", name=clean(desk.name), text=text),
    )  # fmt: skip


def digest(waiting: Sequence[Waiting], desk: Desk, now: datetime, flood: bool = False) -> Message:
    """One message for alerts that waited: the newest headline of each contact."""
    words = catalogue(desk.language)
    span = f"{moment(waiting[0].at, desk.timezone, words)} – {moment(now, desk.timezone, words)}"
    newest = list({w.contact or w.delivery: w for w in waiting}.values())
    shown = [f"{w.message.headline} [{w.message.id}]" for w in newest[:SHOWN]]
    if len(newest) > SHOWN:
        shown.append(words("digest.more", len(newest) - SHOWN))
    return Message(
        kind="digest", id=f"digest-{waiting[0].delivery}-{waiting[-1].delivery}", urgent=flood, lines=tuple(shown),
        headline=words("digest.flood" if flood else "digest.headline", len(newest), span=span),
    )  # fmt: skip
