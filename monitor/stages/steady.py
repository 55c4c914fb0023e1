"""How far the wall clock can be believed: it is held against one that nobody sets.

A clock set forward makes fresh posts look old and plans look over; one set back makes what is due wait. A step is taken
for real after an hour, but for the run's life no post is called too old because of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=60)
"""Smaller differences are a clock being slewed, or a loop that was busy."""
GRACE = 3600.0
"""Seconds after which a step is accepted: by then somebody has set the clock right, or it was right."""


class Steady:
    """Asked often (the watch stage asks once a second), it notices every step between two questions."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        """`monotonic` in seconds; best one that goes on while the machine sleeps."""
        self._clock, self._monotonic = clock, monotonic
        self._offset = self._apart()
        self._ahead = timedelta()
        self._until = 0.0

    def ahead(self) -> timedelta:
        """How far the clock was set forward during this run, in all; zero if it was not, or was set back again."""
        step = self._apart() - self._offset
        self._offset += step
        if abs(step) > STEP:
            self._ahead = max(self._ahead + step, timedelta())
            self._until = self._monotonic() + GRACE if step > STEP else self._until
        return self._ahead

    def doubted(self) -> timedelta:
        """The part of the present time that is not believed: what it was set forward by within the last hour."""
        ahead = self.ahead()
        return ahead if self._monotonic() < self._until else timedelta()

    def _apart(self) -> timedelta:
        """How far the wall clock is from the other."""
        return self._clock() - EPOCH - timedelta(seconds=self._monotonic())
