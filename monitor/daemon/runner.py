"""One stage, one run at a time: woken while it runs, it runs once more; an error is told and never stops the next run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("hotline.daemon")


class Runner:
    """Runs `work` when woken. Commits and the scheduler's tick wake it alike; wakes during a run are one more run."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], turned: Callable[[str], None] = lambda _: None) -> None:
        """`turned` hears of the end of every run: its silence tells that a run does not end."""
        self.name, self._work, self._turned = name, work, turned
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._closed = False

    def wake(self) -> None:
        """Run as soon as the loop is free; call from the loop's own thread."""
        if self._closed:
            return
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"stage {self.name}")
        else:
            self._again = True

    async def drain(self) -> None:
        """No new run; the one under way ends first."""
        self._closed = True
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while True:
            self._again = False
            try:
                await self._work()
            except Exception:
                log.exception("the %s stage failed; it goes on at the next tick", self.name)
                return
            finally:
                self._turned(self.name)
            if not self._again or self._closed:
                return
