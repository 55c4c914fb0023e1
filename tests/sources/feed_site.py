"""A site with one feed for tests, and a reader that reads it as the poll stage does."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import httpx

from monitor.http import Fetcher
from monitor.model import Account, Outcome, Page
from monitor.sources.feed import Feed, FeedSettings

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://mfa.example/feed"
ACCOUNT = Account("feed", "mfa", options={"url": URL}, timezone="Europe/Athens")


class Site:
    """One feed, with validators, and a few hands on it."""

    def __init__(self) -> None:
        self.items: list[dict[str, str]] = []
        self.added = 0
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response | Exception] = []
        self.headers: dict[str, str] = {}
        self.validators = True
        self.pages: dict[str, int] = {}  # status of an entry's own page
        self.moved: dict[str, tuple[int, str]] = {}
        self.now = START

    def add(self, title: str, guid: str | None = None, link: str | None = None, text: str = "") -> dict[str, str]:
        self.added += 1
        number = self.added
        item = {
            "title": title,
            "guid": guid or f"g{number}",
            "link": link or f"https://mfa.example/{number}",
            "description": text,
        }
        self.items.insert(0, item)
        return item

    def body(self) -> bytes:
        items = "".join(
            "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in item.items()) + "</item>" for item in self.items
        )
        return f'<rss version="2.0"><channel><title>MFA</title>{items}</channel></rss>'.encode()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if (move := self.moved.get(str(request.url))) is not None:
            return httpx.Response(move[0], headers={"Location": move[1]})
        if (status := self.pages.get(str(request.url))) is not None:
            return httpx.Response(status)
        body = self.body()
        etag = f'W/"{hashlib.md5(body).hexdigest()}-gzip"'
        validators = {"ETag": etag, "Last-Modified": "Sun, 22 Nov 2026 08:00:00 GMT"} if self.validators else {}
        if self.validators and request.headers.get("If-None-Match") == etag:
            return httpx.Response(304, headers={**validators, **self.headers})
        return httpx.Response(200, content=body, headers={"Content-Type": "application/rss+xml", **validators, **self.headers})


class Reader:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.cursors: dict[str, str] = {}
        self.restart()

    def restart(self) -> None:
        transport = httpx.MockTransport(self.site.answer)
        self.feed = Feed(FeedSettings(), Fetcher(transport, lambda: self.site.now))

    async def page(self, account: Account = ACCOUNT, after: float = 60) -> Page:
        self.site.now += timedelta(seconds=after)
        (page,) = [page async for page in self.fetch(account)]
        return page

    async def fetch(self, account: Account = ACCOUNT) -> AsyncIterator[Page]:
        async for page in self.feed.fetch([account], dict(self.cursors), self.site.now):
            yield page
            self.keep(page.cursors)

    def keep(self, cursors: Mapping[str, str | None]) -> None:
        self.cursors |= {key: value for key, value in cursors.items() if value is not None}

    async def titles(self, after: float = 60) -> list[str]:
        return [post.parts["title"] for post in (await self.page(after=after)).posts]

    async def outcome(self, after: float = 60) -> Outcome:
        return (await self.page(after=after)).outcomes["feed:mfa"]
