"""Hints that somebody else writes under an account: it does not write as it used to. Pure; floor 0.

A hint never hides a post: it lowers the confidence of what the post claims, and the alert says why. (An account whose platform
identity changed is another matter: its posts are held.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from monitor.model import Finding

REMEMBERED = 60
"""Posts of an account that are looked at."""
ENOUGH = 30
"""Posts from which on there is a habit to speak of."""
SPAN, MANY = timedelta(minutes=10), 12
"""So many posts in so short a time are a burst, for an account that usually posts less often than once an hour."""
SELDOM = timedelta(hours=1)
ASLEEP = timedelta(days=60)
"""An account that was silent for so long, and for twenty times its usual gap, has woken up."""
FACTOR = 0.85
"""Of the confidence, for each hint."""

Hint = Literal["language", "burst", "awake"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One hint; `value` is the language's code, the number of posts, or the days of silence."""

    hint: Hint
    value: str


@dataclass(frozen=True, slots=True)
class Habits:
    """An account's newest earlier posts: when they were posted, and which language the platform (that is, the client that wrote
    the post) says each is in; newest first.
    """

    times: tuple[datetime, ...] = ()
    languages: tuple[str, ...] = ()  # of those of which it is known


def doubts(lang: str | None, at: datetime, habits: Habits) -> tuple[Doubt, ...]:
    """What is unusual about a post in this language (as the platform says) at this time. An account hardly known has no habits."""
    found: list[Doubt] = []
    if lang and len(habits.languages) >= ENOUGH and plain(lang) not in map(plain, habits.languages):
        found.append(Doubt("language", plain(lang)))
    times = sorted((t for t in habits.times if t <= at), reverse=True)
    fresh = [t for t in times if at - t <= SPAN]
    gaps = sorted(later - earlier for later, earlier in zip(times[len(fresh) :], times[len(fresh) + 1 :], strict=False))
    if len(gaps) < ENOUGH // 2:
        return tuple(found)
    usual = gaps[len(gaps) // 2]
    if len(fresh) + 1 >= MANY and usual > SELDOM:
        found.append(Doubt("burst", str(len(fresh) + 1)))
    if at - times[0] > max(ASLEEP, 20 * usual):
        found.append(Doubt("awake", str((at - times[0]).days)))
    return tuple(found)


def plain(lang: str) -> str:
    """The language without region or script: "pt-BR" is Portuguese."""
    return lang.replace("_", "-").partition("-")[0].lower()


def doubted(finding: Finding, hints: Sequence[Doubt]) -> Finding:
    """The finding with so much less confidence, in each of its claims."""
    if not hints:
        return finding
    factor = FACTOR ** len(hints)
    claims = tuple(replace(claim, confidence=claim.confidence * factor) for claim in finding.contacts)
    return replace(finding, confidence=finding.confidence * factor, contacts=claims)
