"""A bed for the poll stage: the real store, real sources, and time in the test's hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from monitor.model import Account, Notice
from monitor.sources import Source
from monitor.sources.bluesky import Bluesky, BlueskySettings
from monitor.sources.jsonl import Jsonl, JsonlSettings
from monitor.stages.poll import Poll, Schedule
from monitor.store import Store
from tests.sources.appview import DID, NOW, AppView

ELYSEE = Account("bluesky", "elysee.fr", id=DID, country="FR", every=15.0)


class Bed:
    """A store, a poll stage, and hands to move time."""

    def __init__(self, store: Store, view: AppView, folder: Path) -> None:
        self.store, self.view, self.folder = store, view, folder
        self.now, self.mono = NOW, 1000.0
        self.notices: list[Notice] = []
        self.woken = 0
        self.poll = self.make()

    def make(self, schedule: Schedule | None = None) -> Poll:
        fetcher = self.view.fetcher()
        sources: dict[str, Source] = {
            "bluesky": Bluesky(BlueskySettings(), fetcher),
            "jsonl": Jsonl(JsonlSettings(path=str(self.folder / "posts.jsonl")), fetcher),
        }
        self.poll = Poll(
            self.store, sources, clock=lambda: self.now, rand=lambda: 0.5, tell=self.tell, stored=self.wake,
            schedule=schedule, monotonic=lambda: self.mono,
        )  # fmt: skip
        return self.poll

    async def tell(self, notice: Notice) -> None:
        self.notices.append(notice)

    def wake(self) -> None:
        self.woken += 1

    async def pass_time(self, seconds: float) -> int:
        """Move both clocks on and poll what is due; returns how many polls that were."""
        self.now += timedelta(seconds=seconds)
        self.view.now = self.now
        self.mono += seconds
        self.poll._launch()
        started = len(self.poll._running)
        while self.poll._running:
            await asyncio.gather(*self.poll._running)
            await asyncio.sleep(0)
            self.poll._launch()
        return started

    async def texts(self) -> list[str]:
        return [work.post.parts.get("text", "") for work in await self.store.pending(1000)]

    async def changes(self) -> int:
        return await asyncio.get_running_loop().run_in_executor(self.store._thread, lambda: self.store._db.conn.total_changes)
