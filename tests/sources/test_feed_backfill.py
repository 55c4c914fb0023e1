"""Walking back in a feed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.http import Fetcher
from monitor.model import Account, Page
from monitor.sources.feed import Feed, FeedSettings

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WORDPRESS = Account("feed", "president", options={"preset": "wordpress", "of": "president.example"})


class WordPress:
    """A site with a post an hour, that pages and filters as WordPress does."""

    def __init__(self, *, totals: bool = True) -> None:
        self.asked: list[str] = []
        self.totals = totals
        self.broken = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params["page"])
        if self.broken:
            return httpx.Response(502)
        after = datetime.fromisoformat(request.url.params["after"] + "Z")
        posts = [
            {"id": number, "link": f"https://president.example/{number}", "title": {"rendered": f"post {number}"}, "content": {"rendered": "x"},
             "date_gmt": (NOW - timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%S")}
            for number in range(1000) if NOW - timedelta(hours=number) > after
        ]  # fmt: skip
        size, page = int(request.url.params["per_page"]), int(request.url.params["page"])
        here = posts[(page - 1) * size : page * size]
        if not here:
            return httpx.Response(400, json={"code": "rest_post_invalid_page_number"})
        headers = {"X-WP-TotalPages": str(-(-len(posts) // size))} if self.totals else {}
        return httpx.Response(200, json=here, headers=headers)

    def feed(self) -> Feed:
        return Feed(FeedSettings(), Fetcher(httpx.MockTransport(self.answer), lambda: NOW))


async def take(pages: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in pages]


@pytest.mark.parametrize("totals", [True, False])
async def test_wordpress_is_walked_back_page_by_page(totals: bool) -> None:
    site = WordPress(totals=totals)
    pages = await take(site.feed().backfill(WORDPRESS, NOW - timedelta(hours=250), {}, NOW))
    assert len({post.key for page in pages for post in page.posts}) == 250
    assert all(page.backfill for page in pages)
    assert pages[-1].cursors == {"backfill:feed:president": None}
    assert site.asked[:3] == ["1", "2", "3"]


async def test_it_goes_on_where_it_was_broken_off() -> None:
    site = WordPress()
    feed = site.feed()
    cursors: dict[str, str] = {}
    async for page in feed.backfill(WORDPRESS, NOW - timedelta(hours=250), {}, NOW):
        cursors |= {key: value for key, value in page.cursors.items() if value is not None}
        break
    site.broken = True
    (failed,) = await take(feed.backfill(WORDPRESS, NOW - timedelta(hours=250), cursors, NOW))
    assert failed.outcomes["feed:president"].kind == "unreachable"
    assert failed.cursors == {}
    site.broken = False
    pages = await take(feed.backfill(WORDPRESS, NOW - timedelta(hours=250), cursors, NOW))
    assert sum(len(page.posts) for page in pages) == 150


async def test_a_plain_feed_gives_what_it_still_has_under_the_same_keys() -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [
        {"id": "1", "title": "new", "date_published": "2026-11-21T00:00:00Z"}, {"id": "2", "title": "old", "date_published": "2025-01-01T00:00:00Z"}]})  # fmt: skip
    feed = Feed(FeedSettings(), Fetcher(httpx.MockTransport(lambda _: httpx.Response(200, text=body)), lambda: NOW))
    account = Account("feed", "https://x.example/feed.json")
    (page,) = await take(feed.backfill(account, NOW - timedelta(days=30), {}, NOW))
    (polled,) = await take(feed.fetch([account], {}, NOW))
    assert [post.parts["title"] for post in page.posts] == ["new"]
    assert page.posts[0].key in {post.key for post in polled.posts}


async def test_pages_of_a_json_feed_are_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        following = {"next_url": f"/feed.json?page={number + 1}"} if number < 3 else {}
        items = [{"id": str(number), "title": f"page {number}", "date_published": "2026-11-21T00:00:00Z"}]
        return httpx.Response(200, json={"items": items, **following})

    feed = Feed(FeedSettings(), Fetcher(httpx.MockTransport(answer), lambda: NOW))
    pages = await take(feed.backfill(Account("feed", "https://x.example/feed.json"), NOW - timedelta(days=30), {}, NOW))
    assert [post.parts["title"] for page in pages for post in page.posts] == ["page 1", "page 2", "page 3"]
