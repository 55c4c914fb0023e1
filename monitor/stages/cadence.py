"""When to ask again: pure decisions about time, in seconds of the monotonic clock."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model import Account, Outcome, OutcomeKind

COOL: Mapping[OutcomeKind, tuple[float, float]] = {
    "unreachable": (5.0, 300.0),
    "bad_content": (15.0, 600.0),
    "rate_limited": (30.0, 900.0),
    "blocked": (60.0, 1800.0),
    "moved": (300.0, 3600.0),
    "gone": (300.0, 3600.0),
    "auth": (60.0, 3600.0),
    "out_of_credit": (600.0, 3600.0),
    "stale_cursor": (1.0, 60.0),
}
"""First and longest pause after a failure of each kind; it doubles with every failure in a row, and is never shorter than the cadence.

An account that cannot be reached may be just the one that speaks next: the pauses are short where asking is cheap, and
long only where asking again costs money or standing.
"""


def cool_down(outcome: Outcome, failures: int, every: float, now: datetime) -> float:
    """Seconds to wait after `failures` failures in a row, the last being `outcome`. What the platform asked for always holds."""
    asked = (outcome.until - now).total_seconds() if outcome.until is not None else 0.0
    if outcome.fine:
        return max(every, asked)
    first, longest = COOL[outcome.kind]
    pause = max(every, min(longest, first * 2 ** min(failures - 1, 20)))
    return max(pause, asked) if asked <= 0 else max(every, asked)


def spread(pause: float, jitter: float, chance: float) -> float:
    """A pause moved by up to `jitter` of itself either way; `chance` is a random number from 0 to 1. A request from the platform
    is never undercut by more than that, so callers add it to what was asked.
    """
    return pause * (1 + jitter * (2 * chance - 1))


def first_due(place: int, count: int, every: float) -> float:
    """Offset of the first poll of the `place`-th of `count` packs: spread over a tenth of the cadence, at most two seconds."""
    return min(2.0, every / 10) * place / max(1, count)


@dataclass(slots=True, eq=False)
class Pack:
    """Accounts asked for together, and where their polling stands. Times are monotonic seconds."""

    source: str
    accounts: tuple[Account, ...]
    every: float
    due: float = 0.0
    running: bool = False
    failures: int = 0
    hot_every: float = 0.0
    hot_until: float = 0.0

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(account.key for account in self.accounts)

    def pace(self, now: float) -> float:
        """Seconds between polls at this moment."""
        return min(self.every, self.hot_every) if now < self.hot_until else self.every


@dataclass(slots=True)
class Due:
    """Packs by when they are due: a heap, in which a pack that was moved leaves its old place behind to be passed over."""

    _heap: list[tuple[float, int, Pack]] = field(default_factory=list)
    _count: int = 0

    def put(self, pack: Pack, due: float) -> None:
        pack.due = due
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, pack))

    def take(self, now: float) -> Pack | None:
        """A pack whose time has come; None if there is none."""
        while self._heap:
            due, _, pack = self._heap[0]
            if due == pack.due and not pack.running and due > now:
                return None
            heapq.heappop(self._heap)
            if due == pack.due and not pack.running:
                return pack
        return None

    def next(self) -> float | None:
        """When the next one is due."""
        while self._heap:
            due, _, pack = self._heap[0]
            if due == pack.due and not pack.running:
                return due
            heapq.heappop(self._heap)
        return None

    def clear(self) -> None:
        self._heap.clear()


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that decides a pack's pause: one that went well if any did, else the one with the longest pause."""
    if not outcomes:
        return Outcome("bad_content", "the source said nothing about this account")
    good = next((outcome for outcome in outcomes if outcome.fine), None)
    return good or max(outcomes, key=lambda outcome: (outcome.until is not None, COOL[outcome.kind][1]))
