"""The `feed` source: RSS, Atom, RDF, JSON Feed and JSON lists, fetched politely and read only when they changed.

conditional GET -> 304 | same body -> nothing        (an idle poll: no parsing, no row)
-> other body -> parse in a worker -> entries that are new or changed, and the feed's row
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.config import Duration, TimeZone, WebAddress
from monitor.http import Fetcher, Guard, Response, Unfetched, refusal
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources.feed_backfill import walk
from monitor.sources.feed_document import read_document
from monitor.sources.feed_entries import Reading, read_entries
from monitor.sources.feed_presets import PRESETS
from monitor.sources.feed_state import State, fresh_for
from monitor.sources.offloop import off_loop
from monitor.sources.shaping import OddError, skipped

ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, application/json, application/xml;q=0.9, */*;q=0.5"
HOPS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RETIRED_CHECK = timedelta(days=1)


class FeedSettings(BaseModel):
    """`[sources.feed]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes: int = Field(5_000_000, ge=10_000, description="Of one document; a larger one is refused.")
    full_every: Duration = Field(
        86400.0, gt=0, description="Between fetches without condition: some servers say 304 although something changed."
    )
    max_age: Duration = Field(
        60.0,
        description="A server may ask to be left alone so long by its cache headers; Retry-After is obeyed up to 15 minutes.",
    )


class FeedOptions(BaseModel):
    """What a feed account may have besides. Its address is `url`, or a `preset` with `of`, or the handle itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: WebAddress | None = Field(None, description="Address of the feed.")
    preset: str | None = Field(None, description="A known feed by name: " + ", ".join(PRESETS))
    of: str | None = Field(None, min_length=1, description="What the preset is asked for: an organisation, a site, a channel.")
    date_zone: TimeZone | None = Field(
        None, description="Zone of dates that name none; default: the account's timezone, else UTC."
    )
    day_first: bool = Field(default=True, description="Whether 6/7/2026 is the sixth of July.")

    @model_validator(mode="after")
    def _one_address(self) -> FeedOptions:
        if self.url is not None and self.preset is not None:
            raise ValueError("either url or preset, not both")
        if self.preset is not None:
            if self.preset not in PRESETS:
                raise ValueError(f"no preset {self.preset!r}; there are {', '.join(PRESETS)}")
            if ("{of}" in PRESETS[self.preset].url) != (self.of is not None):
                raise ValueError(f"preset {self.preset!r} {'needs' if self.of is None else 'takes no'} `of`")
        return self


@dataclass(frozen=True, slots=True)
class Target:
    """What a feed account comes down to."""

    url: str
    zone: str | None
    day_first: bool
    patient: bool


class Feed:
    """Reads feeds one by one. Holds no more than the newest validators of each."""

    name: ClassVar[str] = "feed"
    Settings: ClassVar[type[BaseModel]] = FeedSettings
    Options: ClassVar[type[BaseModel]] = FeedOptions
    baseline: ClassVar[bool] = True
    cadence: ClassVar[float | None] = None

    def __init__(self, settings: FeedSettings, http: Fetcher) -> None:
        self._settings, self._http = settings, http
        self._targets: dict[str, tuple[Account, Target]] = {}
        self._pages: dict[str, str] = {}  # by post key: the page of an entry that is looked at again
        self._states: dict[str, tuple[str | None, State]] = {}  # by Account.key: the row it was read from, and the state

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        return [[account] for account in accounts]

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What each feed has that was not seen."""
        for account in accounts:
            try:
                async for page in self._fetch(account, cursors, now):
                    yield page
            except Unfetched as failure:
                yield Page(self.name, {account.key: failure.outcome})

    async def _fetch(self, account: Account, cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        target = self._target(account)
        before = self._state(account, cursors.get(account.key), target)
        state = before or State(configured=target.url)
        if (rest := _rest(state, now)) is not None:
            yield self._page(account, rest)
            return
        response, url, state = await self._get(target, state, now)
        until = fresh_for(response.headers, now, self._settings.max_age)
        if response.status == 304:
            yield self._page(account, Outcome("not_modified", until=until), state, before)
            return
        if (outcome := _verdict(response, target, now)) is not None:
            retired = now.isoformat() if response.status == 410 else ""
            yield self._page(account, outcome, replace(state, retired=retired), before)
            return
        body = hashlib.sha256(response.body).hexdigest()[:16]
        state = replace(
            state, retired="", full_at=now.isoformat(), etag=_tag(response, "etag"), modified=_tag(response, "last-modified")
        )
        if before is not None and body == before.body:
            yield self._page(account, Outcome("not_modified", until=until), state, before)
            self._states[account.key] = (cursors.get(account.key), state)
            return
        try:
            reading, odd = await off_loop(lambda: _read(response, url, account, state, now, target))
        except OddError as reason:
            yield self._page(account, Outcome("bad_content", str(reason)))
            return
        state = replace(state, body=body, seen=reading.memory)
        page = self._page(account, Outcome("ok", skipped(odd), until), state, before, reading.posts)
        yield page
        self._states[account.key] = (page.cursors.get(account.key), state)  # stored: as good as read from its row

    async def _get(self, target: Target, state: State, now: datetime) -> tuple[Response, str, State]:
        """The answer at the end of the redirects, and the state with what they mean."""
        url = state.url or target.url
        headers = {"Accept": ACCEPT, **state.conditions(now, timedelta(seconds=self._settings.full_every))}
        for_good = True
        for _ in range(HOPS):
            response = await self._http.get(url, headers, self._settings.max_bytes)
            to = _location(response, url)
            if to is None:
                first = state.url or target.url
                if url == first:
                    return response, url, replace(state, moves="", moved=0) if state.moved else state
                well = response.status in (200, 304) and for_good and not (first.startswith("https:") and url.startswith("http:"))
                return response, url, state.redirected(url) if well else replace(state, moves="", moved=0)
            for_good = for_good and response.status in (301, 308)
            url = to
        raise Unfetched("moved", f"it redirects in circles, last to {url[:200]}")

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """Tombstones: a feed shows edits by itself, and forgets old entries by itself.

        An entry counts as deleted when it was in the feed at an earlier look, is not now, and its page is gone (404, 410).
        """
        target = self._target(account)
        kept = self._states.get(account.key)
        state = replace(kept[1] if kept else State(configured=target.url), full_at="")
        try:
            response, url, _ = await self._get(target, state, now)
            if response.status != 200:
                return []
            reading, _ = await off_loop(lambda: _read(response, url, account, state, now, target))
        except (Unfetched, OddError):
            return []
        gone: list[Post] = []
        for key in posts:
            name = key.rpartition("/")[2]
            if name in reading.names:
                self._pages[key] = reading.names[name]
            elif await self._page_is_gone(self._pages.get(key, "")):
                gone.append(Post(key, "deleted", account.key, {}, now, deleted=True))
        return gone

    async def _page_is_gone(self, link: str) -> bool:
        if not link:
            return False
        try:
            return (await self._http.get(link, max_bytes=self._settings.max_bytes)).status in (404, 410)
        except Unfetched:
            return False

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """A feed has no identity but its address; this tells whether it can be read, and its title."""
        target = target_of(account)
        try:
            response, url, _ = await self._get(target, State(configured=target.url), EPOCH)
            if (outcome := _verdict(response, target, EPOCH)) is not None:
                return outcome, None
            document = await off_loop(lambda: read_document(response.body, response.headers.get("content-type", "")))
        except Unfetched as failure:
            return failure.outcome, None
        except OddError as reason:
            return Outcome("bad_content", str(reason)), None
        moved = f"; redirected to {url}" if url != target.url else ""
        return Outcome("ok", f"{document.title[:100] or 'a feed'}, {len(document.entries)} entries{moved}"), None

    def backfill(self, account: Account, since: datetime, cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What the feed still has, or all its pages where it has pages."""
        target = self._target(account)
        return walk(self._http, target.url, target.zone, account, since, cursors, now, self._settings.max_bytes)

    async def close(self) -> None:
        """Nothing is held open: the pool is the fetcher's."""

    def _target(self, account: Account) -> Target:
        """`target_of`, remembered: an idle poll should not check options."""
        known = self._targets.get(account.key)
        if known is None or known[0] is not account:
            known = self._targets[account.key] = (account, target_of(account))
        return known[1]

    def _state(self, account: Account, row: str | None, target: Target) -> State | None:
        """The state that belongs to the row; from memory where that is newer in what needs no row."""
        kept = self._states.get(account.key)
        if kept is not None and kept[0] == row and kept[1].configured == target.url:
            return kept[1]
        state = State.read(row, target.url)
        if state is not None:
            self._states[account.key] = (row, state)
        return state

    def _page(
        self,
        account: Account,
        outcome: Outcome,
        state: State | None = None,
        before: State | None = None,
        posts: Sequence[Post] = (),
    ) -> Page:
        """A page with the feed's row where that changed in what counts: validators of an unchanged body live in memory alone."""
        cursors: dict[str, str | None] = {}
        if state is not None and state is not before and (before is None or _matters(state) != _matters(before)):
            cursors = {account.key: state.row()}
        first = before is None and outcome.kind == "ok"
        return Page(self.name, {account.key: outcome}, tuple(posts), cursors, frozenset({account.key}) if first else frozenset())


def target_of(account: Account) -> Target:
    """Where an account's feed is. The options were checked when the configuration was read."""
    options = FeedOptions.model_validate(dict(account.options))
    preset = PRESETS[options.preset] if options.preset else None
    url = preset.url.format(of=options.of) if preset else options.url or account.handle
    zone = options.date_zone or (preset.zone if preset else None) or account.timezone
    return Target(url, zone, options.day_first, preset.patient if preset else False)


def _matters(state: State) -> State:
    """The state without what changes from fetch to fetch of the same body; the daily full fetch is worth a row."""
    return replace(state, etag="", modified="", full_at=state.full_at[:10])


def _read(
    response: Response, url: str, account: Account, state: State, now: datetime, target: Target
) -> tuple[Reading, tuple[str, ...]]:
    document = read_document(response.body, response.headers.get("content-type", ""))
    return read_entries(document, url, account, state.seen, now, target.zone, day_first=target.day_first), document.odd


def _tag(response: Response, name: str) -> str:
    """A validator as the server sent it; absurdly long ones are not sent back."""
    value = response.headers.get(name, "")
    return value if len(value) <= 1000 else ""


def _rest(state: State, now: datetime) -> Outcome | None:
    """A feed that answered 410 is looked at once a day: the office took it down for good."""
    since = state.retired
    if since and now - datetime.fromisoformat(since) < RETIRED_CHECK:
        return Outcome("gone", f"the feed was taken down for good (410) on {since[:10]}: find its new address")
    return None


def _verdict(response: Response, target: Target, now: datetime) -> Outcome | None:
    """What a status means for a feed. 404 is not death, and some services fail by spells."""
    refused = refusal(response, now)
    if refused is None:
        return None
    if response.status == 404 or (target.patient and response.status >= 400):
        return Outcome("unreachable", f"nothing there at the moment ({response.status})", refused.outcome.until)
    return refused.outcome


def _location(response: Response, url: str) -> str | None:
    """Where a redirect leads; None if the answer is none. Unfetched if it leads where no feed is."""
    if response.status not in (301, 302, 303, 307, 308):
        return None
    try:
        to = urljoin(url, response.headers.get("location", ""))
        host, from_host = urlsplit(to).hostname or "", urlsplit(url).hostname or ""
    except ValueError:
        raise Unfetched("moved", "it redirects to no valid address") from None
    if not to.startswith(("https://", "http://")) or to == url:
        raise Unfetched("moved", f"it redirects to {to[:200] or 'nowhere'}")
    if host != from_host and (host == "localhost" or (_numeric(host) and not Guard().permits(host))):
        raise Unfetched("moved", f"it redirects to the private address {host}")
    return to


def _numeric(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2][:1].isdigit()
