"""Politeness to each host: so many requests at a time, so far apart, and none while the host has asked for a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

STRIKES = 3
"""So many 429 in a row mean the whole host, not one address on it: a shared host may limit one feed and serve the rest."""


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    free_at: float = 0.0  # monotonic: when the next request may start
    strikes: int = 0
    pause: datetime | None = None


@dataclass(slots=True)
class Pace:
    """`at_once` requests a host, starting at least `spacing` seconds apart. State lives in memory: it is about the present."""

    at_once: int = 8
    spacing: float = 0.0
    _hosts: dict[str, _Host] = field(default_factory=dict)

    def paused(self, host: str, clock: Callable[[], datetime]) -> datetime | None:
        """Until when the host wants to be left alone, if it does."""
        known = self._hosts.get(host)
        if known is None or known.pause is None:
            return None
        if known.pause <= clock():
            known.pause = None
        return known.pause

    async def turn(self, host: str) -> asyncio.Semaphore:
        """Waits for a free slot, and for the spacing. The caller releases what it gets."""
        known = self._host(host)
        await known.slots.acquire()
        if self.spacing:
            now = asyncio.get_running_loop().time()
            start = max(now, known.free_at)
            known.free_at = start + self.spacing
            if start > now:
                try:
                    await asyncio.sleep(start - now)
                except BaseException:
                    known.slots.release()
                    raise
        return known.slots

    def refused(self, host: str, until: datetime | None) -> None:
        """The host answered 429. The account that asked cools down by itself; after three in a row the host does."""
        known = self._host(host)
        known.strikes += 1
        if until is not None and known.strikes >= STRIKES:
            known.pause = until

    def answered(self, host: str, until: datetime | None) -> None:
        """The host answered; `until` is set when it said that this was the last answer of its window."""
        known = self._host(host)
        known.strikes, known.pause = 0, until

    def _host(self, host: str) -> _Host:
        known = self._hosts.get(host)
        if known is None:
            known = self._hosts[host] = _Host(asyncio.Semaphore(self.at_once))
        return known
