"""What the deliver stage asks of the store, and the terms on which it treats a channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from monitor.channels import Channel, Payload
from monitor.decision import DecideDue, Triaged
from monitor.model import Delivery, Earlier, Message, Receipt

FIRST, LONGEST = 1.0, 300.0
"""Seconds of back-off where the provider says nothing: 1, 2, 4 … 300."""
SETTLE = 10.0
"""Seconds before an unknown is looked up: what is still on its way may arrive until then."""
JITTER = 0.25
"""Share by which a back-off may be longer, so that channels do not come back all at once."""


class Row(Protocol):
    """What a payload is made of."""

    @property
    def message(self) -> Message: ...
    @property
    def earlier(self) -> Earlier | None: ...


class Outbox(Protocol):
    """The deliveries of the store, as rows in flight (`monitor.store.Store`)."""

    async def claim(self, channel: str, now: datetime, freeze: Callable[[Any], Payload]) -> Delivery | None: ...
    async def claim_unknown(self, channel: str, now: datetime, *, repeat: bool) -> Delivery | None: ...
    async def mark_possible_repeat(self, delivery: int) -> None: ...
    async def mark_sent(self, delivery: int, receipt: Receipt, now: datetime) -> None: ...
    async def mark_retry(self, delivery: int, next_at: datetime, detail: str, now: datetime) -> None: ...
    async def mark_unknown(self, delivery: int, detail: str, now: datetime, next_at: datetime | None) -> None: ...
    async def mark_rejected(self, delivery: int, plainer: Payload | None, why: str, now: datetime) -> None: ...
    async def give_up(self, channel: str, before: datetime, why: str, now: datetime) -> list[int]: ...
    async def late(self, channel: str, before: datetime) -> list[int]: ...
    async def suspend(self, channel: str, why: str, now: datetime) -> bool: ...
    async def resume(self, channel: str, now: datetime) -> int: ...
    async def standing(self) -> dict[str, str]: ...
    async def next_due(self, channels: Sequence[str]) -> datetime | None: ...
    async def apply(self, decide: DecideDue, now: datetime) -> Triaged: ...


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured channel and how it is to be treated. `fallback` names another destination."""

    channel: Channel
    unknown: Literal["resend", "hold"] = "resend"
    min_interval: float = 0.0  # seconds; the provider's own spacing holds where it is longer
    fallback: str | None = None

    @property
    def spacing(self) -> float:
        return max(self.min_interval, self.channel.spacing)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long things may take."""

    give_up: float = 86_400.0  # from when it was to go
    escalate_after: float = 600.0
    deadline: float = 45.0  # of one send; beyond it the delivery is unknown
    look: float = 60.0  # between looks at the outbox when nothing wakes a worker
    grace: float = 50.0  # for sends in flight when stopping
    first: float = FIRST
    longest: float = LONGEST
    settle: float = SETTLE

    def back_off(self, failures: int, rand: float) -> float:
        """Seconds after so many failures in a row; `rand` from 0 to 1."""
        return min(self.first * 2.0 ** min(max(failures - 1, 0), 20), self.longest) * (1.0 + JITTER * rand)
