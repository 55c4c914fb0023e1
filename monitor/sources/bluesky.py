"""The `bluesky` source: author feeds of a public AppView, read without a login.

An account is its DID, pinned by configuration or at first sight; the handle is only how people know it. What was seen
is remembered by record and revision, never by time: backdated posts lie anywhere in a feed. A page whose oldest entry
is new leads to the next page, until something known or the cap. The memory (a cursor row of the account's DID) is
handed over with the last page of a walk, so that a crash in between walks again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.config import Duration, Secret, WebAddress
from monitor.http import Fetcher, Response, Unfetched
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources import Cursors, walking
from monitor.sources.bluesky_api import NOT_FOUND, Api
from monitor.sources.bluesky_identity import EPOCH, Documents, confirm
from monitor.sources.bluesky_login import Login
from monitor.sources.bluesky_posts import Feed, read_author, read_feed
from monitor.sources.bluesky_reread import reread
from monitor.sources.bluesky_stream import DIDS, Hydrating, Stream, TooOldError, merged
from monitor.sources.offloop import off_loop
from monitor.sources.secrets import reveal
from monitor.sources.shaping import OddError, skipped

FEED = "app.bsky.feed.getAuthorFeed"
LARGE = 200_000
"""Bytes above which an answer is parsed off the event loop; a usual page of 30 posts has 17,000 and takes 0.1 ms."""


class BlueskySettings(BaseModel):
    """`[sources.bluesky]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    appview: WebAddress = Field("https://public.api.bsky.app", description="Where feeds and profiles are read.")
    plc: WebAddress = Field("https://plc.directory", description="Where DIDs are looked up.")
    page: int = Field(30, ge=1, le=100, description="Entries asked for at a time.")
    pds: WebAddress = Field("https://bsky.social", description="Where a login is made; not needed without one.")
    login: str | None = Field(None, min_length=3, description="Handle to log in with. Not needed: public feeds are read without.")
    password: Secret | None = Field(None, description="An app password of that handle, never the account's own.")
    session: str = Field(
        "~/.local/state/hotline/bluesky.session", description="Where the login's tokens are kept, for Hotline only."
    )
    max_pages: int = Field(10, ge=1, le=100, description="Pages walked back when more than one is new.")

    mode: Literal["poll", "jetstream"] = Field(
        "poll", description="jetstream: be told of posts at once, and poll only as a sweep."
    )
    jetstream: str = Field(
        "wss://jetstream.us-east.bsky.network/xrpc",
        pattern=r"^wss?://[^\s?#]+$",
        description="The stream, version 2, up to /xrpc.",
    )
    sweep: Duration = Field(60.0, gt=0, description="Between polls of an account in mode jetstream.")

    @model_validator(mode="after")
    def _whole_login(self) -> BlueskySettings:
        if (self.login is None) != (self.password is None):
            raise ValueError('a login needs both: login = "HANDLE" and password = { env = "NAME" }')
        return self


class BlueskyOptions(BaseModel):
    """A Bluesky account has no keys of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bluesky:
    """Polls author feeds, one account a request."""

    name: ClassVar[str] = "bluesky"
    Settings: ClassVar[type[BaseModel]] = BlueskySettings
    Options: ClassVar[type[BaseModel]] = BlueskyOptions
    baseline: ClassVar[bool] = True

    def __init__(self, settings: BlueskySettings, http: Fetcher) -> None:
        self._settings = settings
        self._login = _login(settings)
        self._api = Api(settings.pds if self._login else settings.appview, http, self._login)
        self._documents = Documents(settings.plc)
        self._found: dict[str, Identity] = {}  # by Account.key, where neither configuration nor store gave a DID
        self._shown: dict[str, Identity] = {}  # by Account.key, as last handed over
        self._etags: dict[str, str] = {}  # by DID, of answers whose posts are stored

    @property
    def cadence(self) -> float | None:
        """In mode jetstream polling is only the sweep."""
        return self._settings.sweep if self.streaming else None

    @property
    def streaming(self) -> bool:
        return self._settings.mode == "jetstream"

    async def stream(self, accounts: Sequence[Account], cursors: Cursors, clock: Callable[[], datetime]) -> AsyncIterator[Page]:
        """What the accounts do, as it happens. Ends, or raises, when a connection is lost for good: begin again then."""
        by_did = {}
        for account in accounts:
            try:
                by_did[await self._did(account, clock())] = account
            except Unfetched:
                continue  # the sweep says what is wrong with it
        dids = sorted(by_did)
        chunks = {f"jetstream:{start}": dids[start : start + DIDS] for start in range(0, len(dids), DIDS)}
        hydrating = Hydrating(self._api, by_did, self.name)
        streams = [(key, Stream(self._settings.jetstream, chunk, cursors.get(key))) for key, chunk in chunks.items()]
        try:
            async for key, pack in merged(streams):
                known = [event for event in pack if event.did in by_did and event.did in cursors]
                async for page in hydrating.pages(known, clock()):
                    yield page
                yield Page(self.name, {}, cursors={key: str(pack[-1].seq)})
        except TooOldError:
            yield Page(self.name, {}, cursors=dict.fromkeys(chunks))

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        return [[account] for account in accounts]

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What an account's feed shows that was not seen before."""
        for account in accounts:
            try:
                async for page in self._fetch(account, cursors, now):
                    yield page
            except Unfetched as failure:
                yield Page(self.name, {account.key: await self._why(failure, account, now)})
            except OddError as reason:
                yield Page(self.name, {account.key: Outcome("bad_content", str(reason))})

    async def _fetch(self, account: Account, rows: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        did = await self._did(account, now)
        memory = rows.get(did)
        seen = frozenset((memory or "").split())
        marks: list[str] = []
        odd: list[str] = []
        cursor: str | None = None
        etag: str | None = None
        for number in range(1, self._settings.max_pages + 1):
            answer = await self._ask(did, cursor, now)
            if answer.status == 304:
                yield self._page(account, Outcome("not_modified"))
                return
            feed = await self._read(answer, account, did, now, seen)
            etag = etag or (answer.headers.get("etag", "") if number == 1 else "")
            here = [item.mark for item in feed.items]
            marks += here
            odd += feed.odd
            cursor = feed.cursor
            border = walking.old_from(memory, here)
            posts = [item.post for item in reversed(feed.items[:border]) if item.post is not None]
            older = tuple(item.post for item in reversed(feed.items[border:]) if item.post is not None)
            over = walking.over(memory, here, more=cursor is not None)
            if older:
                yield Page(self.name, {}, older, backfill=True)
            if over or number == self._settings.max_pages:
                gap = "" if over else f"more than {self._settings.max_pages} pages are new: older posts were not read"
                outcome = Outcome("ok", "; ".join(filter(None, (gap, skipped(odd)))))
                row = walking.remember(marks, memory, whole=cursor is None)
                cursors = {} if row is None else {did: row}
                yield self._page(account, outcome, posts, cursors, feed.author, first=memory is None)
                break
            yield self._page(account, Outcome("ok", skipped(odd)), posts, {}, feed.author)
        if etag:
            self._etags[did] = etag

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """These posts as they are now. One is gone only if its record is gone too: an AppView also hides posts."""
        try:
            return await reread(self._api, posts, account, await self._did(account, now), now)
        except Unfetched:
            return []

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Who the handle leads to now, whether the DID's own document agrees, and when it last posted."""
        outcome, identity = await confirm(self._api, self._documents, account)
        if identity is None:
            return outcome, None
        try:
            newest = read_feed((await self._ask(identity.id, None, EPOCH, limit=1)).json(), account.key, identity.id, EPOCH)
        except (Unfetched, OddError):
            return outcome, identity
        dates = [item.post.created_at for item in newest.items if item.post and item.post.created_at]
        return outcome, replace(identity, last_post=max(dates, default=None))

    async def backfill(self, account: Account, since: datetime, cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """Walk back until a whole page is older than `since`. Goes on after a break: the place is a cursor row."""
        key = f"backfill:{account.key}"
        cursor: str | None = cursors.get(key)
        try:
            did = await self._did(account, now)
            while True:
                answer = await self._ask(did, cursor, now, limit=100)
                feed = await self._read(answer, account, did, now, frozenset())
                posts = [item.post for item in feed.items if item.post is not None]
                cursor = feed.cursor
                if posts and all(post.at < since for post in posts):
                    cursor = None
                wanted = tuple(post for post in posts if post.at >= since)
                yield Page(self.name, {account.key: Outcome("ok", skipped(feed.odd))}, wanted, {key: cursor}, backfill=True)
                if cursor is None:
                    return
        except Unfetched as failure:
            yield Page(self.name, {account.key: failure.outcome}, backfill=True)

    async def close(self) -> None:
        if self._login is not None:
            await self._login.close()

    async def _why(self, failure: Unfetched, account: Account, now: datetime) -> Outcome:
        """A feed says "Profile not found" for whatever is wrong with an account; its profile tells what."""
        if failure.code == NOT_FOUND and account.id is not None:
            try:
                await self._api.profile(account.id, now)
            except Unfetched as told:
                return told.outcome if told.outcome.kind == "gone" else failure.outcome
        return failure.outcome

    async def _did(self, account: Account, now: datetime) -> str:
        if account.id is not None:
            return account.id
        if (found := self._found.get(account.key)) is not None:
            return found.id
        identity = read_author(await self._api.profile(account.handle, now))
        if identity is None:
            raise Unfetched("bad_content", "the profile names no DID")
        self._found[account.key] = identity
        return identity.id

    async def _ask(self, did: str, cursor: str | None, now: datetime, limit: int | None = None) -> Response:
        params = {"actor": did, "limit": str(limit or self._settings.page)}
        headers: dict[str, str] = {}
        if cursor is not None:
            params |= {"cursor": cursor, "limit": str(limit or 100)}
        elif limit is None and (etag := self._etags.get(did)):
            headers["If-None-Match"] = etag
        return await self._api.ask(FEED, params, now, headers)

    async def _read(self, answer: Response, account: Account, did: str, now: datetime, seen: frozenset[str]) -> Feed:
        def read() -> Feed:
            return read_feed(answer.json(), account.key, did, now, seen.__contains__)

        return await off_loop(read) if len(answer.body) > LARGE else read()

    def _page(
        self,
        account: Account,
        outcome: Outcome,
        posts: Sequence[Post] = (),
        cursors: Mapping[str, str | None] | None = None,
        author: Identity | None = None,
        *,
        first: bool = False,
    ) -> Page:
        identities: dict[str, Identity] = {}
        author = author or self._found.get(account.key)
        if author is not None and author != self._shown.get(account.key):
            identities[account.key] = self._shown[account.key] = author
        baseline = frozenset({account.key}) if first else frozenset[str]()
        return Page(self.name, {account.key: outcome}, tuple(posts), cursors or {}, baseline, identities)


def _login(settings: BlueskySettings) -> Login | None:
    if settings.login is None or settings.password is None:
        return None
    secret = settings.password
    return Login(settings.pds, settings.login, lambda: reveal(secret), Path(settings.session).expanduser())
