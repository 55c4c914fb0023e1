"""Posts looked at again, and walked back to: deletions, edits, backfill."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.sources.appview import NOW, AppView
from tests.sources.bluesky_reader import ACCOUNT, Reader


@pytest.fixture
def view() -> AppView:
    return AppView()


@pytest.fixture
def reader(view: AppView) -> Reader:
    return Reader(view)


async def test_a_deleted_post_becomes_a_tombstone(view: AppView, reader: Reader) -> None:
    kept, gone = view.post("kept"), view.post("gone")
    view.delete(gone)
    posts = {post.key: post for post in await reader.source.reread([kept, gone], ACCOUNT, NOW)}
    assert posts[gone].deleted
    assert not posts[gone].parts
    assert not posts[kept].deleted


async def test_a_post_that_the_appview_only_hides_is_not_deleted(view: AppView, reader: Reader) -> None:
    hidden = view.post("hidden")
    view.delete(hidden, record_too=False)
    assert await reader.source.reread([hidden], ACCOUNT, NOW) == []


async def test_rereading_shows_edits_and_asks_for_25_at_a_time(view: AppView, reader: Reader) -> None:
    uris = [view.post(f"post {number}") for number in range(60)]
    view.edit(uris[0], "edited")
    posts = {post.key: post for post in await reader.source.reread(uris, ACCOUNT, NOW)}
    assert len(posts) == 60
    assert posts[uris[0]].parts["text"] == "edited"
    assert view.asked == ["getPosts"] * 3


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.ReadTimeout(""), httpx.Response(200, text="<html>")])
async def test_rereading_that_fails_tells_nothing(answer: httpx.Response | Exception, view: AppView, reader: Reader) -> None:
    uri = view.post("kept")
    view.answers = [answer]
    assert await reader.source.reread([uri], ACCOUNT, NOW) == []


async def test_a_view_that_cannot_be_read_is_not_taken_for_a_deletion(view: AppView, reader: Reader) -> None:
    uri = view.post("kept")
    view.posts[0]["record"] = {"text": None}
    view.records_gone.add(uri)
    assert await reader.source.reread([uri], ACCOUNT, NOW) == []


async def test_backfill_walks_back_to_the_date_and_no_further(view: AppView, reader: Reader) -> None:
    for number in range(450):
        view.post(f"post {number}", minutes_ago=450 - number)
    pages = await reader.take(reader.source.backfill(ACCOUNT, NOW - timedelta(minutes=150), {}, NOW))
    texts = {post.parts["text"] for page in pages for post in page.posts}
    assert texts == {f"post {number}" for number in range(300, 450)}
    assert all(page.backfill for page in pages)
    assert len(view.asked) == 3
    assert reader.cursors == {}


async def test_backfill_goes_on_where_it_was_broken_off(view: AppView, reader: Reader) -> None:
    for number in range(350):
        view.post(f"post {number}", minutes_ago=350 - number)
    async for page in reader.source.backfill(ACCOUNT, NOW - timedelta(days=9), {}, NOW):
        reader.keep(page.cursors)
        break
    view.requests.clear()
    pages = await reader.take(reader.source.backfill(ACCOUNT, NOW - timedelta(days=9), dict(reader.cursors), NOW))
    assert len(view.asked) == 3
    assert sum(len(page.posts) for page in pages) == 250
