"""Reads a Bluesky source in tests as the poll stage does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from monitor.model import Account, Page
from monitor.sources.bluesky import Bluesky, BlueskySettings
from tests.sources.appview import DID, NOW, AppView

ACCOUNT = Account("bluesky", "elysee.fr", id=DID)


class Reader:
    """Reads as the poll stage does: cursors are kept once a page is taken."""

    def __init__(self, view: AppView, **settings: Any) -> None:
        self.view, self.settings = view, settings
        self.cursors: dict[str, str] = {}
        self.restart()

    def restart(self) -> None:
        self.source = Bluesky(BlueskySettings(**{"page": 5, **self.settings}), self.view.fetcher())

    async def pages(self, account: Account = ACCOUNT) -> list[Page]:
        return await self.take(self.source.fetch([account], dict(self.cursors), NOW))

    async def take(self, pages: AsyncIterator[Page]) -> list[Page]:
        found = []
        async for page in pages:
            self.keep(page.cursors)
            found.append(page)
        return found

    def keep(self, cursors: Mapping[str, str | None]) -> None:
        for key, value in cursors.items():
            if value is None:
                self.cursors.pop(key, None)
            else:
                self.cursors[key] = value

    async def page(self, account: Account = ACCOUNT) -> Page:
        (page,) = await self.pages(account)
        return page

    async def texts(self) -> list[str]:
        return [post.parts["text"] for page in await self.pages() for post in page.posts]
