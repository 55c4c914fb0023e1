"""The `mastodon` source: public posts of accounts on any Mastodon-compatible server.

The newest page is asked for without `since_id` or `min_id`: such questions have a limit of their own on Mastodon, and
mean different things on its kin. From there pages are walked back by `max_id` until something known. Where a server
answers only to members, its public RSS is read instead, unless a token is configured.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from monitor.config import Secret, WebAddress
from monitor.http import Fetcher, Response, Unfetched, refusal
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources import walking
from monitor.sources.mastodon_posts import Status, read_account, read_rss, read_status, read_statuses
from monitor.sources.secrets import reveal
from monitor.sources.shaping import OddError, mapping, skipped

DIRECT_ONLY_ON_REQUEST = ("truthsocial.com",)
"""Servers whose terms forbid what this source does, and that refuse it: read only where `direct` says so."""
NOBODY_WAITS = datetime(1970, 1, 1, tzinfo=UTC)  # for questions whose rate limits lead to no pause
PARENTS = 3
"""Parents looked up a poll, for posts that continue one no longer on the page."""


class ServerTable(BaseModel):
    """`[sources.mastodon.servers."NAME"]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: Secret | None = Field(None, description="Access token with read:statuses, where the server answers only to members.")
    url: WebAddress | None = Field(None, description="Where the server is, if not at https://NAME.")
    direct: bool = Field(
        default=False, description="Read it although its terms forbid that (Truth Social); stops at the first refusal."
    )


class MastodonSettings(BaseModel):
    """`[sources.mastodon]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    servers: dict[str, ServerTable] = Field(default_factory=dict, description="What is special about a server, by its name.")
    page: int = Field(20, ge=1, le=40, description="Posts asked for at a time.")
    max_pages: int = Field(10, ge=1, le=100, description="Pages walked back when more than one is new.")


class MastodonOptions(BaseModel):
    """A Mastodon account has no keys of its own; its handle is `name@server`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account is: `name` on `server`, asked at `base`."""

    name: str
    server: str
    base: str


class Mastodon:
    """Polls accounts one by one."""

    name: ClassVar[str] = "mastodon"
    Settings: ClassVar[type[BaseModel]] = MastodonSettings
    Options: ClassVar[type[BaseModel]] = MastodonOptions
    baseline: ClassVar[bool] = True
    cadence: ClassVar[float | None] = None

    def __init__(self, settings: MastodonSettings, http: Fetcher) -> None:
        self._settings, self._http = settings, http
        self._found: dict[str, Identity] = {}  # by Account.key
        self._shown: dict[str, Identity] = {}
        self._etags: dict[str, str] = {}
        self._refused: set[str] = set()  # servers that were not to be asked again

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        return [[account] for account in accounts]

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What each account posted that was not seen."""
        for account in accounts:
            try:
                place = self._place(account)
                async for page in self._fetch(account, place, cursors, now):
                    yield page
            except Unfetched as failure:
                yield Page(self.name, {account.key: self._circuit(account, failure)})
            except OddError as reason:
                yield Page(self.name, {account.key: Outcome("bad_content", str(reason))})

    async def _fetch(self, account: Account, place: Place, rows: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        memory = rows.get(account.key)
        try:
            native = await self._native(account, place, now)
        except Unfetched as failure:
            if failure.status != 401:
                raise
            yield await self._public(account, place, memory, now)
            return
        marks: list[str] = []
        odd: list[str] = []
        before: str | None = None
        etag = ""
        for number in range(1, self._settings.max_pages + 1):
            try:
                answer = await self._statuses(account, place, native, before, now)
            except Unfetched as failure:
                if failure.status != 401 or number > 1:
                    raise
                yield await self._public(account, place, memory, now)
                return
            if answer.status == 304:
                yield self._page(account, Outcome("not_modified"))
                return
            statuses, unread = read_statuses(answer.json(), account, place.server, native, now)
            etag = answer.headers.get("etag", "") if number == 1 else etag
            here = [status.mark for status in statuses]
            marks += here
            odd += unread
            border = walking.old_from(memory, here)
            posts = await self._with_parents(statuses[:border], memory, account, place, native, now)
            older = await self._with_parents(statuses[border:], memory, account, place, native, now)
            short = len(statuses) + len(unread) < (self._settings.page if before is None else 40) // 2
            before = statuses[-1].id if statuses else None
            ended = walking.over(memory, here, more=bool(statuses))
            if older:
                yield Page(self.name, {}, tuple(older), backfill=True)
            if ended or number == self._settings.max_pages:
                gap = "" if ended else f"more than {number} pages are new: older posts were not read"
                outcome = Outcome("ok", "; ".join(filter(None, (gap, skipped(odd)))))
                yield self._page(account, outcome, posts, walking.remember(marks, memory, whole=short), first=memory is None)
                break
            yield self._page(account, Outcome("ok", skipped(odd)), posts)
        if etag:
            self._etags[account.key] = etag

    async def _public(self, account: Account, place: Place, memory: str | None, now: datetime) -> Page:
        """The account's RSS, where the API is closed."""
        response = await self._http.get(f"{place.base}/@{quote(place.name)}.rss")
        if refusal(response, now) is not None:
            raise Unfetched(
                "auth", f"{place.server} answers only to members, and has no public feed: configure a token for it", status=401
            )
        statuses = read_rss(response.body, account, place.server, now)
        seen = (memory or "").split()
        posts = [status.post for status in statuses if status.post is not None and status.mark not in seen]
        row = walking.remember([status.mark for status in statuses], memory)
        return self._page(account, Outcome("ok"), posts, row, first=memory is None)

    async def _with_parents(
        self, statuses: Sequence[Status], memory: str | None, account: Account, place: Place, native: str, now: datetime
    ) -> list[Post]:
        """The posts that are new, oldest first; those that continue another are given its words."""
        seen = frozenset((memory or "").split())
        left = PARENTS if memory is not None else 0
        posts: list[Post] = []
        for status in reversed(statuses):
            post = status.post
            if post is None or status.mark in seen:
                continue
            if status.answers and left:
                left -= 1
                parent = await self._one(status.answers, account, place, native, now)
                if parent is not None and parent.parts.get("text"):
                    post = replace(post, parts={**post.parts, "parent": parent.parts["text"]})
            posts.append(post)
        return posts

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """Each post again by its id. It is gone only while its account is still there."""
        found: list[Post] = []
        try:
            place = self._place(account)
            native = await self._native(account, place, now)
            for key in posts:
                try:
                    post = await self._one(key.rpartition("/")[2], account, place, native, now)
                except Unfetched as failure:
                    if failure.status not in (404, 410):
                        raise
                    await self._ask(place, f"/api/v1/accounts/{quote(native, safe='')}", now)
                    post = Post(key, "deleted", account.key, {}, now, deleted=True)
                if post is not None:
                    found.append(post)
        except Unfetched:
            return found
        return found

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Who has this name on its server now."""
        now = NOBODY_WAITS
        try:
            place = self._place(account)
            answer = await self._ask(place, f"/api/v1/accounts/lookup?{urlencode({'acct': place.name})}", now)
            identity = read_account(answer.json(), place.server)
        except Unfetched as failure:
            return failure.outcome, None
        return (Outcome("ok"), identity) if identity else (Outcome("bad_content", "the answer is no account"), None)

    async def backfill(self, account: Account, since: datetime, cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """Walk back until a whole page is older than `since`; the place is kept in a cursor row."""
        key = f"backfill:{account.key}"
        before: str | None = cursors.get(key)
        try:
            place = self._place(account)
            native = await self._native(account, place, now)
            while True:
                answer = await self._statuses(account, place, native, before or "", now)
                statuses, odd = read_statuses(answer.json(), account, place.server, native, now)
                posts = [status.post for status in statuses if status.post is not None]
                before = statuses[-1].id if statuses and not (posts and all(post.at < since for post in posts)) else None
                wanted = tuple(post for post in posts if post.at >= since)
                yield Page(self.name, {account.key: Outcome("ok", skipped(odd))}, wanted, {key: before}, backfill=True)
                if before is None:
                    return
        except Unfetched as failure:
            yield Page(self.name, {account.key: failure.outcome}, backfill=True)
        except OddError as reason:
            yield Page(self.name, {account.key: Outcome("bad_content", str(reason))}, backfill=True)

    async def close(self) -> None:
        """Nothing is held open: the pool is the fetcher's."""

    def _place(self, account: Account) -> Place:
        name, _, server = account.handle.removeprefix("@").partition("@")
        if not name or not server or "/" in server:
            raise Unfetched("gone", f"{account.handle} is no Mastodon handle: write name@server")
        table = self._settings.servers.get(server, ServerTable())
        if server in DIRECT_ONLY_ON_REQUEST and not table.direct:
            words = f"{server} forbids and refuses this; use the feed presets whitehouse-truth or truth-archive instead"
            raise Unfetched("blocked", words)
        if server in self._refused:
            raise Unfetched("blocked", f"{server} refused us; it is not asked again before a restart")
        return Place(name, server, (table.url or f"https://{server}").rstrip("/"))

    def _circuit(self, account: Account, failure: Unfetched) -> Outcome:
        server = account.handle.rpartition("@")[2]
        if server in DIRECT_ONLY_ON_REQUEST and failure.status == 403:
            self._refused.add(server)
        return failure.outcome

    async def _native(self, account: Account, place: Place, now: datetime) -> str:
        if account.id is not None:
            return account.id
        if account.key not in self._found:
            answer = await self._ask(place, f"/api/v1/accounts/lookup?{urlencode({'acct': place.name})}", now)
            identity = read_account(answer.json(), place.server)
            if identity is None:
                raise Unfetched("bad_content", "the answer is no account")
            self._found[account.key] = identity
        return self._found[account.key].id

    async def _statuses(self, account: Account, place: Place, native: str, before: str | None, now: datetime) -> Response:
        """A page of statuses: the newest (`before` None, conditionally), or those before an id ("" for the newest in full)."""
        question = {"limit": str(self._settings.page if before is None else 40)}
        if before:
            question["max_id"] = before
        headers = {"If-None-Match": self._etags[account.key]} if before is None and account.key in self._etags else {}
        return await self._ask(place, f"/api/v1/accounts/{quote(native, safe='')}/statuses?{urlencode(question)}", now, headers)

    async def _one(self, native_id: str, account: Account, place: Place, native: str, now: datetime) -> Post | None:
        answer = await self._ask(place, f"/api/v1/statuses/{quote(native_id, safe='')}", now)
        try:
            return read_status(mapping(answer.json()), account, place.server, native, now).post
        except OddError:
            return None

    async def _ask(self, place: Place, path: str, now: datetime, headers: Mapping[str, str] | None = None) -> Response:
        token = self._settings.servers.get(place.server, ServerTable()).token
        login = {"Authorization": f"Bearer {reveal(token)}"} if token is not None else {}
        response = await self._http.get(place.base + path, {**(headers or {}), **login})
        if (refused := refusal(response, now)) is not None:
            raise refused
        return response

    def _page(
        self, account: Account, outcome: Outcome, posts: Sequence[Post] = (), row: str | None = None, *, first: bool = False
    ) -> Page:
        author = next((post.author for post in reversed(posts) if post.author is not None), None) or self._found.get(account.key)
        identities: dict[str, Identity] = {}
        if author is not None and author != self._shown.get(account.key):
            identities[account.key] = self._shown[account.key] = author
        cursors: dict[str, str | None] = {} if row is None else {account.key: row}
        baseline = frozenset({account.key}) if first else frozenset[str]()
        return Page(self.name, {account.key: outcome}, tuple(posts), cursors, baseline, identities)
