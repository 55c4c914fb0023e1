"""Killed at every point between fetch and commit: no post lost, none doubled, none silenced, for every source that polls."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from monitor.http import Fetcher
from monitor.model import Account, Notice, Page
from monitor.sources import Source
from monitor.sources.bluesky import Bluesky, BlueskySettings
from monitor.sources.feed import Feed, FeedSettings
from monitor.sources.jsonl import Jsonl, JsonlSettings
from monitor.sources.mastodon import Mastodon, MastodonSettings
from monitor.sources.telegram import Telegram, TelegramSettings
from monitor.stages.poll import Poll
from monitor.store import Store
from tests.sources import test_mastodon, test_telegram
from tests.sources.appview import DID, NOW, AppView
from tests.sources.feed_site import URL, Site


class World(Protocol):
    """A platform with one account: somebody posts, and a source reads."""

    account: Account

    def post(self, text: str) -> object: ...
    def source(self) -> Source: ...


class BlueskyWorld:
    account = Account("bluesky", "elysee.fr", id=DID)

    def __init__(self, _: Path) -> None:
        self.view = AppView()

    def post(self, text: str) -> object:
        return self.view.post(text)

    def source(self) -> Source:
        return Bluesky(BlueskySettings(page=5), self.view.fetcher())


class FeedWorld:
    account = Account("feed", "mfa", options={"url": URL})

    def __init__(self, _: Path) -> None:
        self.site = Site()

    def post(self, text: str) -> object:
        return self.site.add("note", text=text)

    def source(self) -> Source:
        return Feed(FeedSettings(), Fetcher(httpx.MockTransport(self.site.answer), lambda: NOW))


class MastodonWorld:
    account = test_mastodon.ACCOUNT

    def __init__(self, _: Path) -> None:
        self.bed = test_mastodon.Bed()

    def post(self, text: str) -> object:
        return self.bed.post(text)

    def source(self) -> Source:
        return Mastodon(MastodonSettings(page=5), self.bed.source._http)


class TelegramWorld:
    account = test_telegram.ACCOUNT

    def __init__(self, _: Path) -> None:
        self.channel = test_telegram.Channel()

    def post(self, text: str) -> object:
        return self.channel.post(text)

    def source(self) -> Source:
        return Telegram(TelegramSettings(), self.channel.source._http)


class JsonlWorld:
    account = Account("jsonl", "alice")

    def __init__(self, folder: Path) -> None:
        self.path = folder / "posts.jsonl"

    def post(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"account": "alice", "text": text}) + "\n")

    def source(self) -> Source:
        return Jsonl(JsonlSettings(path=str(self.path)))


WORLDS: dict[str, Callable[[Path], World]] = {
    "bluesky": BlueskyWorld, "feed": FeedWorld, "mastodon": MastodonWorld, "telegram": TelegramWorld, "jsonl": JsonlWorld,
}  # fmt: skip


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class Dying:
    """The store, until it dies at the `at`-th page: before it is written, or just after."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, at, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def save_page(self, page: Page, now: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        saved = await self._store.save_page(page, now)
        if self._left == 0:
            raise Killed
        return saved


async def run(world: World, store: Any) -> bool:
    """One process: it takes the account up and polls it twice. False if it was killed."""

    async def tell(_: Notice) -> None:
        return None

    poll = Poll(
        store,
        {world.account.source: world.source()},
        clock=lambda: NOW + timedelta(minutes=1),
        rand=lambda: 0.5,
        tell=tell,
        stored=lambda: None,
    )
    try:
        await poll.start([world.account])
        await poll.once()
        await poll.once()
    except Killed:
        return False
    return True


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("name", list(WORLDS))
async def test_a_kill_at_any_page_loses_doubles_and_silences_nothing(name: str, after: bool, tmp_path: Path) -> None:
    for at in range(1, 12):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = WORLDS[name](folder)
        store = await Store.open(folder / "log.db", run="test", clock=lambda: NOW)
        for number in range(3):
            world.post(f"old {number}")
        assert await run(world, store)
        for number in range(45):
            world.post(f"new {number}")
        died = not await run(world, Dying(store, at, after=after))
        assert await run(world, store)
        works = await store.pending(1000)
        await store.close()
        told = [(work.post.parts["text"], work.origin) for work in works]
        expected = {(f"old {n}", "live" if name == "jsonl" else "baseline") for n in range(3)} | {
            (f"new {n}", "live") for n in range(45)
        }
        assert sorted(told) == sorted(expected), f"killed at page {at}"
        if not died:
            return
    pytest.fail("it never came to an end")
