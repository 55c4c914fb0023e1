"""A source that is pushed to: its pages are stored like any other, and a stream that breaks off is begun again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from monitor.model import Account, Notice
from monitor.sources import bluesky_stream
from monitor.sources.bluesky import Bluesky, BlueskySettings
from monitor.stages.poll import Poll
from monitor.store import Store
from tests.sources import jetstream
from tests.sources.appview import DID, NOW, AppView


async def test_what_is_pushed_is_stored_once_and_the_stream_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_stream, "LOOKS", (0.0, 0.001))
    stored = asyncio.Semaphore(0)

    async def tell(_: Notice) -> None:
        return None

    view = AppView()
    store = await Store.open(tmp_path / "log.db", run="test", clock=lambda: NOW)
    async with jetstream.running() as stream:
        source = Bluesky(BlueskySettings(mode="jetstream", jetstream=stream.url), view.fetcher())
        poll = Poll(store, {"bluesky": source}, clock=lambda: NOW, rand=lambda: 0.0, tell=tell, stored=stored.release)
        view.post("old")
        await poll.start([Account("bluesky", "elysee.fr", id=DID)])
        await poll.once()
        await stored.acquire()
        for text in ("one", "two"):
            uri = view.post(text)
            view.posts[0]["cid"] = jetstream.CID
            stream.tell("create", uri, jetstream.CID)
            await stored.acquire()
            stream.frames.put_nowait(None)  # the server goes away
        assert await poll.once()  # the sweep brings nothing twice
        await poll.stop()
    works = await store.pending(10)
    await store.close()
    assert {work.post.parts["text"]: work.origin for work in works} == {"old": "baseline", "one": "live", "two": "live"}
    assert len(stream.asked) >= 2
    assert "cursor" in stream.asked[-1]
