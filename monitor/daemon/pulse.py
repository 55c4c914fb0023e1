"""Is the daemon alive: asked by /healthz, by systemd's watchdog, and told once a day to a channel and a dead man's switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

SLACK = timedelta(seconds=120)
"""The stages turn once a second; silent for this long they are stuck."""


@dataclass(slots=True)
class Pulse:
    """When each stage last turned, by the wall clock of the daemon, and whether the clock can be believed."""

    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    _turned: dict[str, float]
    _wall: datetime | None = None
    _mono: float = 0.0

    @classmethod
    def begin(cls, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> Pulse:
        return cls(clock, monotonic, {})

    def turned(self, stage: str) -> None:
        """A stage came round."""
        self._turned[stage] = self.monotonic()

    def stuck(self) -> list[str]:
        """Stages that have not come round for too long."""
        limit = self.monotonic() - SLACK.total_seconds()
        return sorted(stage for stage, at in self._turned.items() if at < limit)

    def jumped(self) -> timedelta | None:
        """How far the wall clock has moved against the monotonic one since the last question, if by more than a minute."""
        wall, mono = self.clock(), self.monotonic()
        before, self._wall = self._wall, wall
        passed, self._mono = mono - self._mono, mono
        if before is None:
            return None
        drift = (wall - before) - timedelta(seconds=passed)
        return drift if abs(drift) > timedelta(seconds=60) else None
