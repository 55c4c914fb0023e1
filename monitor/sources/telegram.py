"""The `telegram` source: public channels by their web preview, without key or account.

Messages are numbered; pages are walked back by `before` until something known. The preview has no validators, so the
page is read each time; what is known on it is dropped by number and words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from monitor.config import WebAddress
from monitor.http import Fetcher, Response, Unfetched, refusal
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources import walking
from monitor.sources.offloop import off_loop
from monitor.sources.shaping import OddError, skipped
from monitor.sources.telegram_page import Preview, read_preview

NOBODY_WAITS = datetime(1970, 1, 1, tzinfo=UTC)
NAME = re.compile(r"(?:https?://t\.me/(?:s/)?|@)?([A-Za-z][A-Za-z0-9_]{3,63})/?$")
LARGE = 50_000
"""Bytes above which a page is read off the event loop."""


class TelegramSettings(BaseModel):
    """`[sources.telegram]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: WebAddress = Field("https://t.me", description="Where previews are read.")
    max_pages: int = Field(10, ge=1, le=100, description="Pages of 20 walked back when more than one is new.")


class TelegramOptions(BaseModel):
    """A channel has no keys of its own; its handle is its name, as in t.me/NAME."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Telegram:
    """Polls channels one by one."""

    name: ClassVar[str] = "telegram"
    Settings: ClassVar[type[BaseModel]] = TelegramSettings
    Options: ClassVar[type[BaseModel]] = TelegramOptions
    baseline: ClassVar[bool] = True
    cadence: ClassVar[float | None] = None

    def __init__(self, settings: TelegramSettings, http: Fetcher) -> None:
        self._settings, self._http = settings, http
        self._shown: dict[str, Identity] = {}

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        return [[account] for account in accounts]

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What each channel posted that was not seen."""
        for account in accounts:
            try:
                async for page in self._fetch(account, cursors.get(account.key), now):
                    yield page
            except Unfetched as failure:
                yield Page(self.name, {account.key: failure.outcome})
            except OddError as reason:
                yield Page(self.name, {account.key: Outcome("blocked", str(reason))})

    async def _fetch(self, account: Account, memory: str | None, now: datetime) -> AsyncIterator[Page]:
        seen = frozenset((memory or "").split())
        marks: list[str] = []
        odd: list[str] = []
        before: int | None = None
        for number in range(1, self._settings.max_pages + 1):
            preview = await self._preview(account, before, now)
            here = [message.mark for message in preview.messages]
            marks += here
            odd += preview.odd
            border = walking.old_from(memory, here)
            before = preview.messages[-1].number if preview.messages else None
            more = before is not None and before > 1
            posts = [m.post for m in reversed(preview.messages[:border]) if m.post is not None and m.mark not in seen]
            older = tuple(m.post for m in reversed(preview.messages[border:]) if m.post is not None and m.mark not in seen)
            if older:
                yield Page(self.name, {}, older, backfill=True)
            ended = walking.over(memory, here, more=more)
            if ended or number == self._settings.max_pages:
                gap = "" if ended else f"more than {number} pages are new: older posts were not read"
                outcome = Outcome("ok", "; ".join(filter(None, (gap, skipped(odd)))))
                row = walking.remember(marks, memory, whole=not more)
                yield self._page(account, outcome, posts, row, preview.author, first=memory is None)
                return
            yield self._page(account, Outcome("ok", skipped(odd)), posts, None, preview.author)

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """Each message again, from the page that would end with it. It is gone if that page and its own both lack it."""
        found: list[Post] = []
        try:
            for key in posts:
                number = int(key.rpartition("/")[2])
                preview = await self._preview(account, number + 1, now)
                post = next((message.post for message in preview.messages if message.number == number), None)
                if post is not None:
                    found.append(post)
                elif (
                    preview.messages
                    and all(m.number != number for m in preview.messages)
                    and await self._gone(account, number, now)
                ):
                    found.append(Post(key, "deleted", account.key, {}, now, deleted=True))
        except (Unfetched, OddError):
            return found
        return found

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Which channel has this name now."""
        try:
            preview = await self._preview(account, None, NOBODY_WAITS)
        except Unfetched as failure:
            return failure.outcome, None
        except OddError as reason:
            return Outcome("blocked", str(reason)), None
        return Outcome("ok", f"{len(preview.messages)} messages shown"), preview.author

    async def backfill(self, account: Account, since: datetime, cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """Walk back until a whole page is older than `since`; the place is kept in a cursor row."""
        key = f"backfill:{account.key}"
        row = cursors.get(key, "")
        before: int | None = int(row) if row.isdecimal() else None
        try:
            while True:
                preview = await self._preview(account, before, now)
                posts = [message.post for message in preview.messages if message.post is not None]
                before = preview.messages[-1].number if preview.messages else None
                if before is not None and (before <= 1 or (posts and all(post.at < since for post in posts))):
                    before = None
                wanted = tuple(post for post in reversed(posts) if post.at >= since)
                place = None if before is None else str(before)
                yield Page(self.name, {account.key: Outcome("ok", skipped(preview.odd))}, wanted, {key: place}, backfill=True)
                if before is None:
                    return
        except Unfetched as failure:
            yield Page(self.name, {account.key: failure.outcome}, backfill=True)
        except OddError as reason:
            yield Page(self.name, {account.key: Outcome("blocked", str(reason))}, backfill=True)

    async def close(self) -> None:
        """Nothing is held open: the pool is the fetcher's."""

    async def _preview(self, account: Account, before: int | None, now: datetime) -> Preview:
        channel = _channel(account)
        answer = await self._get(f"/s/{channel}" + (f"?before={before}" if before is not None else ""), now)

        def read() -> Preview:
            return read_preview(answer.body.decode("utf-8", "replace"), account, now)

        return await off_loop(read) if len(answer.body) > LARGE else read()

    async def _gone(self, account: Account, number: int, now: datetime) -> bool:
        answer = await self._get(f"/{_channel(account)}/{number}?embed=1", now)
        return b"tgme_widget_message_error" in answer.body

    async def _get(self, path: str, now: datetime) -> Response:
        response = await self._http.get(self._settings.base.rstrip("/") + path)
        if response.status in (301, 302, 303, 307, 308):
            words = "no preview: the channel has switched it off, is marked sensitive, or does not exist"
            raise Unfetched("blocked", words, status=response.status)
        if (refused := refusal(response, now)) is not None:
            raise refused
        return response

    def _page(
        self,
        account: Account,
        outcome: Outcome,
        posts: Sequence[Post],
        row: str | None,
        author: Identity | None,
        *,
        first: bool = False,
    ) -> Page:
        identities: dict[str, Identity] = {}
        if author is not None and author != self._shown.get(account.key):
            identities[account.key] = self._shown[account.key] = author
        cursors: dict[str, str | None] = {} if row is None else {account.key: row}
        baseline = frozenset({account.key}) if first else frozenset[str]()
        return Page(self.name, {account.key: outcome}, tuple(posts), cursors, baseline, identities)


def _channel(account: Account) -> str:
    found = NAME.match(account.handle.strip())
    if found is None:
        raise Unfetched("gone", f"{account.handle} is no channel's name: write it as in t.me/NAME")
    return found[1]
