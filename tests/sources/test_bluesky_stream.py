"""Bluesky pushed: a Jetstream that tells, and an AppView that shows, sometimes late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from monitor.model import Account, Page
from monitor.sources import bluesky_stream
from monitor.sources.bluesky import Bluesky, BlueskySettings
from monitor.sources.bluesky_stream import Event, read_event
from tests.sources import jetstream
from tests.sources.appview import DID, NOW, AppView
from tests.sources.jetstream import CID, Jetstream

ACCOUNT = Account("bluesky", "elysee.fr", id=DID)


class Bed:
    def __init__(self, view: AppView, stream: Jetstream) -> None:
        self.view, self.jet = view, stream
        self.cursors = {DID: ""}
        self.source = Bluesky(BlueskySettings(mode="jetstream", jetstream=stream.url), view.fetcher())

    def post(self, text: str, **more: Any) -> str:
        uri = self.view.post(text, **more)
        self.view.posts[0]["cid"] = CID
        return uri

    async def pages(self, count: int) -> list[Page]:
        """The next pages that hold something."""
        found: list[Page] = []
        async for page in self.source.stream([ACCOUNT], self.cursors, lambda: NOW):
            found.append(page)
            self.cursors |= {key: value for key, value in page.cursors.items() if value is not None}
            if len(found) == count:
                break
        return found


@pytest.fixture
async def bed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bed]:
    monkeypatch.setattr(bluesky_stream, "LOOKS", (0.0, 0.001, 0.001, 0.001))
    async with jetstream.running() as made:
        yield Bed(AppView(), made)


async def test_a_post_that_is_told_of_is_read_from_the_appview(bed: Bed) -> None:
    uri = bed.post("We spoke.")
    bed.jet.tell("create", uri, CID)
    post, cursor = await bed.pages(2)
    assert [(post.key, dict(post.parts)) for post in post.posts] == [(uri, {"text": "We spoke."})]
    assert cursor.cursors == {"jetstream:0": "101"}
    assert bed.jet.asked[0]["dids"] == [DID]
    assert bed.jet.asked[0]["collections"] == ["app.bsky.feed.post"]


async def test_the_stream_goes_on_from_its_cursor(bed: Bed) -> None:
    bed.jet.tell("create", bed.post("one"), CID)
    await bed.pages(2)
    bed.jet.frames.put_nowait(None)
    bed.jet.tell("delete", "at://x/app.bsky.feed.post/1")
    bed.jet.frames = asyncio.Queue()
    bed.jet.tell("create", bed.post("two"), CID)
    await bed.pages(2)
    assert bed.jet.asked[-1]["cursor"] == ["101"]


async def test_a_deletion_is_a_tombstone_at_once(bed: Bed) -> None:
    uri = f"at://{DID}/app.bsky.feed.post/3gone"
    bed.jet.tell("delete", uri)
    (page,) = await bed.pages(1)
    assert [(post.key, post.deleted) for post in page.posts] == [(uri, True)]
    assert bed.view.asked == []


async def test_a_post_that_the_appview_shows_late_is_waited_for(bed: Bed) -> None:
    bed.view.answers = [httpx.Response(200, json={"posts": []}), httpx.Response(502)]
    bed.jet.tell("create", bed.post("late"), CID)
    page, _ = await bed.pages(2)
    assert page.posts[0].parts == {"text": "late"}


async def test_a_post_that_is_never_shown_is_left_to_the_sweep(bed: Bed) -> None:
    bed.jet.tell("create", f"at://{DID}/app.bsky.feed.post/3never", CID)
    (page,) = await bed.pages(1)
    assert page.posts == ()
    assert page.cursors == {"jetstream:0": "101"}


async def test_an_edit_is_waited_for_in_its_new_version(bed: Bed) -> None:
    uri = bed.view.post("before")
    stale = bed.view.getPosts(httpx.Request("GET", "https://x.example", params={"uris": uri}))
    bed.view.posts[0] |= {"cid": CID, "record": {**bed.view.posts[0]["record"], "text": "after"}}
    bed.view.answers = [stale]
    bed.jet.tell("update", uri, CID)
    page, _ = await bed.pages(2)
    assert page.posts[0].parts == {"text": "after"}


async def test_a_post_that_continues_an_own_one_is_given_its_words(bed: Bed) -> None:
    parent = bed.view.post("Call with President Xi (1/2)")
    uri = bed.post("He agreed. (2/2)")
    bed.jet.tell("create", uri, CID, {"reply": {"parent": {"uri": parent, "cid": CID}, "root": {"uri": parent, "cid": CID}}})
    page, _ = await bed.pages(2)
    assert page.posts[0].parts == {"text": "He agreed. (2/2)", "parent": "Call with President Xi (1/2)"}


async def test_an_account_never_polled_is_left_to_its_baseline(bed: Bed) -> None:
    bed.cursors.clear()
    bed.jet.tell("create", bed.post("before the first look"), CID)
    (page,) = await bed.pages(1)
    assert page.posts == ()
    assert bed.view.asked == []


async def test_a_new_handle_is_told(bed: Bed) -> None:
    bed.view.handle = "archive.elysee.fr"
    event = {"did": DID, "seq": 1, "time": "2026-11-22T09:00:00.000000Z", "handle": "archive.elysee.fr"}
    bed.jet.frames.put_nowait({"$type": "network.bsky.jetstream.subscribeEvents#identity", "did": DID, "seq": 101,
                               "time": "2026-11-22T09:00:00.000000Z", "identity": event})  # fmt: skip
    page, _ = await bed.pages(2)
    assert page.identities["bluesky:elysee.fr"].handle == "archive.elysee.fr"


@pytest.mark.parametrize(
    "message", [None, {}, object(), type("Odd", (), {"seq": "x", "did": DID})(), type("Info", (), {"name": "FutureCursor"})()]
)
def test_what_is_no_event_of_ours_is_passed_over(message: Any) -> None:
    assert read_event(message) is None


def test_records_of_other_kinds_are_passed_over() -> None:
    like = type("Commit", (), {"seq": 1, "did": DID, "collection": "app.bsky.feed.like", "rkey": "1", "operation": "create"})()
    assert read_event(like) is None
    post = type(
        "Commit",
        (),
        {"seq": 1, "did": DID, "collection": "app.bsky.feed.post", "rkey": "1", "operation": "create", "record": [1]},
    )()
    assert read_event(post) == Event(1, DID, f"at://{DID}/app.bsky.feed.post/1")


def test_polling_is_only_a_sweep_beside_the_stream() -> None:
    assert Bluesky(BlueskySettings(mode="jetstream"), AppView().fetcher()).cadence == 60
    assert Bluesky(BlueskySettings(), AppView().fetcher()).cadence is None
