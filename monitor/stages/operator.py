"""Notices: what the operator should know of Hotline itself, told once while it stands, through the same outbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor import compose
from monitor.model import Message, Notice

log = logging.getLogger(__name__)


class Board(Protocol):
    """What this asks of the store."""

    async def notice(self, notice: Notice, now: datetime, message: Message, channels: Sequence[str]) -> bool: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """Tells notices. `channels` are the operator's."""

    store: Board
    desk: compose.Desk
    channels: tuple[str, ...]
    clock: Callable[[], datetime]
    wake: Callable[[frozenset[str]], None]

    async def tell(self, notice: Notice) -> bool:
        """Write the notice if it is news; whether it was. A failure is logged: a notice never stops what it is about."""
        try:
            news = await self.store.notice(notice, self.clock(), compose.notice(notice, self.desk), self.channels)
        except Exception:
            log.exception("notice %s could not be written: %s", notice.key, notice.text)
            return False
        if news:
            log.log(logging.INFO if notice.resolved else logging.WARNING, "%s", notice.text)
            self.wake(frozenset(self.channels))
        return news
