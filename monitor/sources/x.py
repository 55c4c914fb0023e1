"""The `x` source: official accounts on X, over its API v2 with a bearer token.

Many accounts are asked for in one search (`from:` by id, as many as the query's length allows, or a public list), and one
by one over their timelines where search does not do: after a gap of days, where it is refused, where it names no authors,
and where an account asks for it (`via = "timeline"`: no half minute's delay, and reposts). X bills each post that it
hands out: a budget by the day stops before it costs too much. docs/x.md has the price and the terms.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.config import Secret, WebAddress
from monitor.http import Fetcher, Unfetched
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources.shaping import OddError, skipped
from monitor.sources.x_api import Api, LostPlace, SourceWide, Stale
from monitor.sources.x_asking import Generation, list_query, packed, query, timeline
from monitor.sources.x_budget import PRICE, ROW, Budget
from monitor.sources.x_posts import Member
from monitor.sources.x_reread import Rereader
from monitor.sources.x_roll import Roll, look
from monitor.sources.x_walk import Manner, Target, Walker
from monitor.sources.x_window import SEARCHED, covered, id_at, long_quiet, since_row

LONGEST_ID = "9" * 19
NOBODY_WAITS = datetime(1970, 1, 1, tzinfo=UTC)  # for questions whose rate limits lead to no pause


class XSettings(BaseModel):
    """`[sources.x]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: Secret | None = Field(None, description="The app's bearer token.")
    api: WebAddress = Field("https://api.x.com", description="Where the API is.")
    field_names: Generation = Field("old", description='Which names to send: "old" (tweet.fields) or "new" (post.fields). Both are read.')
    query_length: int = Field(512, ge=64, le=4096, description="Characters a search may have: 512, on Enterprise plans 4,096.")
    replies: bool = Field(default=True, description="Read replies too: the parts of an account's own thread are replies.")
    reposts: bool = Field(default=True, description="Read reposts too; only timelines show them.")
    max_pages: int = Field(10, ge=1, le=100, description="Pages of 100 posts read in one poll; the rest comes with the next.")
    budget_posts_per_day: int = Field(5000, ge=50, description="Posts read before reading stops until 00:00 UTC.")
    budget_dollars_per_day: float = Field(25.0, gt=0, description="Dollars spent before reading stops until 00:00 UTC.")
    price_per_post: float = Field(PRICE, ge=0, description="What X charges for a post, in dollars; a user counts as two posts.")


class XOptions(BaseModel):
    """What an X account may have besides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    via: Literal["search", "timeline"] = Field(
        "search", description='"timeline": asked for alone, without the half minute by which search lags, reposts included.'
    )
    list: str | None = Field(None, pattern=r"^[0-9]{1,19}$", description="Id of a public list that the account is in: one search for all in it.")


class X:
    """Polls packs of accounts."""

    name: ClassVar[str] = "x"
    Settings: ClassVar[type[BaseModel]] = XSettings
    Options: ClassVar[type[BaseModel]] = XOptions
    baseline: ClassVar[bool] = True
    cadence: ClassVar[float | None] = None

    def __init__(self, settings: XSettings, http: Fetcher) -> None:
        self._settings = settings
        self._api = Api(settings.api, http, settings.token)
        self._budget = Budget(settings.budget_posts_per_day, settings.budget_dollars_per_day, settings.price_per_post)
        manner = Manner(settings.field_names, settings.replies, settings.reposts, settings.max_pages)
        self._walker = Walker(self._api, self._budget, manner)
        self._again = Rereader(self._api, self._budget, settings.field_names)
        self._rolls: dict[frozenset[str], Roll] = {}
        self._sharers = {"search": 1, "timeline": 1}
        self._turns = 0

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        """By list, by timeline, and the rest as many to a search as fit; accounts of the same cadence together."""
        packs: list[list[Account]] = [[account] for account in accounts if account.options.get("via") == "timeline"]
        by_list: dict[str, list[Account]] = {}
        searched: list[Account] = []
        for account in sorted(accounts, key=lambda account: account.every):
            if account.options.get("via") == "timeline":
                continue
            if native := account.options.get("list"):
                by_list.setdefault(str(native), []).append(account)
            else:
                searched.append(account)
        self._sharers = {"timeline": max(1, len(packs))}
        rest = iter(searched)
        ids = [account.id or LONGEST_ID for account in searched]
        packs += [[next(rest) for _ in pack] for pack in packed(ids, self._settings.query_length, replies=self._settings.replies)]
        packs += by_list.values()
        self._sharers["search"] = max(1, len(packs) - self._sharers["timeline"])
        return packs

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What these accounts posted since they were read last."""
        rows = dict(cursors)
        self._budget.load(rows.get(ROW), now)
        try:
            async for page in self._fetch(accounts, rows, now):
                yield page
        except (Unfetched, OddError) as failure:
            outcome = failure.outcome if isinstance(failure, Unfetched) else Outcome("bad_content", str(failure))
            outcomes = {account.key: outcome for account in accounts}
            roll = self._rolls.get(_keys(accounts))
            if roll is not None and not outcome.of_source:
                outcomes |= roll.outcomes
            yield Page(self.name, outcomes, notices=self._budget.notices())

    async def _fetch(self, accounts: Sequence[Account], rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        if (stopped := self._api.parked(now)) is not None:
            raise SourceWide(stopped)
        if (over := self._budget.over(now)) is not None:
            raise SourceWide(over)
        roll = self._rolls.get(_keys(accounts))
        wanted = list(accounts) if roll is None else roll.stale(accounts, now)
        newer = await self._look(wanted, accounts, roll, rows, now) if wanted else None
        if newer is not None:
            roll = self._rolls[_keys(accounts)] = newer if roll is None or len(wanted) == len(accounts) else roll.joined(newer)
            known = {**newer.rows, ROW: self._budget.row()}
            rows |= known
            yield Page(self.name, roll.outcomes, cursors=dict(known), identities=newer.identities)
        assert roll is not None
        if not roll.members:
            yield Page(self.name, roll.outcomes)
            return
        async for page in self._read(accounts, roll, rows, now):
            yield replace(page, outcomes={**self._paced(page, accounts, now), **roll.outcomes})

    async def _look(
        self, wanted: Sequence[Account], accounts: Sequence[Account], roll: Roll | None, rows: Mapping[str, str], now: datetime
    ) -> Roll | None:
        """Who these accounts are. None if X does not say now, and it was known before: that can wait, posts cannot."""
        native = _list(accounts) if len(wanted) == len(accounts) else None
        try:
            return await look(self._api, self._budget, wanted, rows, native, now)
        except Unfetched as failure:
            if roll is None or isinstance(failure, SourceWide):
                raise
            return None

    async def _read(self, accounts: Sequence[Account], roll: Roll, rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        fresh = [member for member in roll.members if since_row(member.identity.id) not in rows]
        for target in self._targets(fresh, accounts):
            async for page in self._walker.baseline(target, rows, now):
                yield page
        native = _list(accounts)
        unlisted = [member for member in roll.members if native and member.identity.id not in roll.listed]
        together = [member for member in roll.members if member not in unlisted]
        if together:
            async for page in self._together(self._target(together, accounts), rows, now):
                yield page
        async for page in self._walker.each(unlisted, rows, now):
            yield page

    async def _together(self, target: Target, rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        """One walk for all; over the timelines where search cannot reach back far enough, or will not have the question."""
        offered = 0
        if target.words is None or not long_quiet(covered(rows, target.ids), now):
            try:
                async for page in self._walker.walk(target, rows, now):
                    yield page
                return
            except LostPlace as lost:
                yield Page(self.name, {m.account.key: lost.outcome for m in target.members}, cursors={target.row: None})
                return
            except Stale as stale:
                offered = stale.offered or id_at(now - SEARCHED)
            except Unfetched as failure:
                if failure.status != 400 or target.words is None:
                    raise
        self._turns += 1
        turn = self._turns % len(target.members)  # another first each time: a limit that ends it early starves none
        async for page in self._walker.each([*target.members[turn:], *target.members[:turn]], rows, now):
            yield page
        async for page in self._walker.moved_on(target, offered, rows):
            yield page

    def _target(self, members: Sequence[Member], accounts: Sequence[Account]) -> Target:
        native = _list(accounts)
        if native:
            return Target(tuple(members), list_query(native, replies=self._settings.replies), others=True)
        return self._targets(members, accounts)[0]

    def _targets(self, members: Sequence[Member], accounts: Sequence[Account]) -> list[Target]:
        """These accounts by name: one search, or several where they do not fit into one."""
        if accounts[0].options.get("via") == "timeline":
            return [Target((member,), None) for member in members]
        by_id = {member.identity.id: member for member in members}
        packs = packed(list(by_id), self._settings.query_length, replies=self._settings.replies)
        return [Target(tuple(by_id[i] for i in ids), query(ids, replies=self._settings.replies)) for ids in packs]

    def _paced(self, page: Page, accounts: Sequence[Account], now: datetime) -> dict[str, Outcome]:
        """The outcomes, none to be asked again sooner than the limit shared by all packs allows."""
        bucket = "timeline" if accounts[0].options.get("via") == "timeline" else "search"
        until = self._api.rest(bucket, self._sharers[bucket], now)
        return {key: replace(outcome, until=until) if outcome.kind == "ok" and until else outcome for key, outcome in page.outcomes.items()}

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """These posts as they are now; one that X twice in a row says does not exist is deleted."""
        known = (member for roll in self._rolls.values() for member in roll.members if member.account.key == account.key)
        member = next(known, Member(account, Identity(account.id or "", account.handle.removeprefix("@"))))
        try:
            return await self._again.read(posts, member, now)
        except (Unfetched, OddError):
            return []

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Who has this handle now, and whether that is the pinned id."""
        try:
            roll = await look(self._api, self._budget, [account], {}, None, NOBODY_WAITS)
        except Unfetched as failure:
            return failure.outcome, None
        return roll.outcomes.get(account.key, Outcome("ok")), roll.identities.get(account.key)

    async def backfill(self, account: Account, since: datetime, cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """Back to `since`, or as far as X shows a timeline (3,200 posts). The place is kept in a cursor row."""
        rows, key = dict(cursors), f"backfill:{account.key}"
        self._budget.load(rows.get(ROW), now)
        try:
            roll = await look(self._api, self._budget, [account], rows, None, now)
            if not roll.members:
                yield Page(self.name, roll.outcomes, identities=roll.identities, backfill=True)
                return
            target, token, start = Target(roll.members, None), rows.get(key), since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            native, s = target.ids[0], self._settings
            while True:
                question = timeline(native, s.field_names, None, token, self._budget.most(), replies=s.replies, reposts=s.reposts, start=start)
                found = await self._walker.read(target, question, now)
                token = found.token
                wanted = tuple(post for post in found.posts if post.at >= since)
                outcome = Outcome("ok", skipped(found.odd))
                yield Page(self.name, {account.key: outcome}, wanted, {key: token, ROW: self._budget.row()}, backfill=True)
                if token is None:
                    return
        except LostPlace as lost:
            yield Page(self.name, {account.key: lost.outcome}, cursors={key: None}, backfill=True)
        except (Unfetched, OddError) as failure:
            outcome = failure.outcome if isinstance(failure, Unfetched) else Outcome("bad_content", str(failure))
            yield Page(self.name, {account.key: outcome}, backfill=True)

    async def close(self) -> None:
        """Nothing is held open: the pool is the fetcher's."""


def _keys(accounts: Sequence[Account]) -> frozenset[str]:
    return frozenset(account.key for account in accounts)


def _list(accounts: Sequence[Account]) -> str | None:
    """The list that a pack shares."""
    native = accounts[0].options.get("list") if accounts[0].options.get("via") != "timeline" else None
    return str(native) if native else None
