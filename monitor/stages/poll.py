"""Poll: ask each source when it is due, hand what is new to the store, and remember how each account is doing.

    due pack -> source.fetch -> page -> (something new?) -> store.save_page (T1) -> wake triage

An idle poll writes nothing: what is known of each account is kept in memory (loaded from the log at the start), and a
page that adds nothing to it is dropped. Nothing is lost with that memory: the log ignores what it has. One account's
trouble is an outcome, a cool-down and a line in its health; it never reaches another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.model import Account, Notice, Outcome, Page, Post
from monitor.sources import Source, Streaming
from monitor.stages.cadence import Due, Pack, cool_down, first_due, spread, worst
from monitor.stages.memory import Memory
from monitor.stages.watchfulness import Watchfulness
from monitor.store import Store, StoreError

log = logging.getLogger("hotline.poll")

REREAD_FREE, REREAD_POST = 10, 2.0
"""So many posts behind open contacts may be looked at whenever asked; each further one costs its account so many seconds of rest."""
IDLE = 3600.0
"""Longest sleep when nothing is due, in seconds."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`[schedule]` as far as polling goes. Seconds."""

    concurrency: int = 50
    jitter: float = 0.1
    grace: float = 10.0  # for polls under way when stopping


class Poll:
    """All polling. `start` first; then `run` until `stop`, or `once`. `hot`, `reread` and `flush` are called by the daemon."""

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Source],
        *,
        clock: Callable[[], datetime],
        rand: Callable[[], float],
        tell: Callable[[Notice], Awaitable[Any]],
        stored: Callable[[], None],
        schedule: Schedule | None = None,
        monotonic: Callable[[], float] | None = None,
        doubted: Callable[[], timedelta] = timedelta,
    ) -> None:
        """`stored` is called after a commit that gave triage something to do; `tell` hands a notice to the operator."""
        self._store, self._sources = store, dict(sources)
        self._clock, self._rand, self._stored = clock, rand, stored
        self._schedule = schedule or Schedule()
        self._monotonic = monotonic or (lambda: asyncio.get_running_loop().time())
        self._due = Due()
        self._packs: list[Pack] = []
        self._memory = Memory(store)
        self.watch = Watchfulness(store, tell, doubted)
        self._again: dict[str, float] = {}  # by Account.key: when its posts may be read again
        self._streams: list[asyncio.Task[None]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    async def start(self, accounts: Sequence[Account]) -> None:
        """Take up these accounts: rows, pins, cursors and memory from the log. Again after a reload; polls under way go on."""
        now, mono = self._clock(), self._monotonic()
        rows = await self._store.sync_accounts(accounts, now)
        pinned = [
            account if account.id or account.key not in rows else replace(account, id=rows[account.key].pin)
            for account in accounts
        ]
        await self._memory.load(pinned, rows, self._sources)
        await self.watch.load(pinned, now)
        before = {pack.keys: pack for pack in self._packs}
        self._due.clear()
        self._packs = [pack for name in self._sources for pack in self._packed(name, pinned)]
        for place, pack in enumerate(self._packs):
            old = before.get(pack.keys)
            if old is not None:
                pack.failures, pack.hot_every, pack.hot_until = old.failures, old.hot_every, old.hot_until
            due = mono + first_due(place, len(self._packs), pack.every)
            self._due.put(pack, min(old.due, mono + pack.every) if old is not None and not old.running else due)
        self._follow_streams(pinned)
        self._wake.set()

    def _follow_streams(self, accounts: Sequence[Account]) -> None:
        """Be pushed to where a source can; a reload begins anew from the cursors."""
        for task in self._streams:
            task.cancel()
        self._streams = [
            asyncio.create_task(
                self._follow(name, [account for account in accounts if account.source == name]), name=f"stream {name}"
            )
            for name, source in self._sources.items()
            if getattr(source, "streaming", False)
        ]

    def _packed(self, name: str, accounts: Sequence[Account]) -> list[Pack]:
        source = self._sources[name]
        packs = source.packs([account for account in accounts if account.source == name])
        cadence = source.cadence
        return [Pack(name, tuple(pack), cadence or min(account.every for account in pack)) for pack in packs if pack]

    async def run(self) -> None:
        """Poll what is due, when it is due, until `stop`."""
        while not self._stopping:
            self._wake.clear()
            until = self._launch()
            try:
                async with asyncio.timeout(until):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def once(self) -> bool:
        """Poll every pack once, now. True if every account could be read."""
        for pack in self._packs:
            self._due.put(pack, self._monotonic())
        outcomes: list[bool] = []
        limit = asyncio.Semaphore(self._schedule.concurrency)

        async def poll(pack: Pack) -> None:
            async with limit:
                outcomes.append((await self._poll(pack)).fine)

        await asyncio.gather(*(poll(pack) for pack in self._packs))
        return all(outcomes)

    async def stop(self) -> None:
        """No new poll; those under way get the grace time to store what they have."""
        self._stopping = True
        self._wake.set()
        for task in self._streams:
            task.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=self._schedule.grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.flush()

    def hot(self, accounts: Iterable[str], every: float, seconds: float) -> None:
        """Ask these accounts (by key) every `every` seconds for the next `seconds`: their readout is awaited."""
        keys, mono = set(accounts), self._monotonic()
        for pack in self._packs:
            if keys & pack.keys:
                longer = mono < pack.hot_until
                pack.hot_every = min(every, pack.hot_every) if longer else every
                pack.hot_until = max(pack.hot_until, mono + seconds)
                if not pack.running and not pack.failures and pack.due > mono + pack.hot_every:
                    self._due.put(pack, mono + pack.hot_every)
        self._wake.set()

    async def flush(self) -> None:
        """Write health and counts to the log, and tell the operator what changed. To be called about once a minute."""
        try:
            await self.watch.flush(self._clock())
        except StoreError as error:
            log.warning("health was not written: %s", error)

    async def reread(self) -> None:
        """Look again at the posts behind open contacts: an edit or deletion of an announcement is news.

        How often is for the caller to say; an account with many such posts is looked at less often: some sources ask one by one.
        """
        now = self._clock()
        for key, posts in (await self._store.open_contact_posts(now)).items():
            account = self._memory.accounts.get(key)
            if account is None or account.source not in self._sources or self._stopping:
                continue
            mono = self._monotonic()
            if mono < self._again.get(key, 0.0):
                continue
            self._again[key] = mono + max(0, len(posts) - REREAD_FREE) * REREAD_POST
            try:
                found = await self._sources[account.source].reread(posts, account, now)
                await self._keep(Page(account.source, {}, tuple(found)), self._clock())
            except StoreError:
                raise
            except Exception:
                log.exception("the posts of %s were not read again", key)

    async def verify(self) -> None:
        """Look up who each account is now, one after another. To be called about once a week, and at start by `check`."""
        for account in list(self._memory.accounts.values()):
            source = self._sources.get(account.source)
            if source is None or self._stopping:
                continue
            try:
                _, identity = await source.identify(account)
            except Exception:
                log.exception("the identity of %s was not looked up", account.key)
                continue
            if identity is not None:
                await self._keep(Page(account.source, {}, identities={account.key: identity}), self._clock())

    async def _follow(self, name: str, accounts: Sequence[Account]) -> None:
        """Keep what a stream hands over, and begin again whenever it breaks off. The polls beside it miss nothing meanwhile."""
        source = self._sources[name]
        assert isinstance(source, Streaming)
        failures = 0
        while accounts:
            try:
                async with aclosing(source.stream(accounts, self._memory.cursors[name], self._clock)) as pages:  # type: ignore[type-var]
                    async for page in pages:
                        await self._keep(page, self._clock())
                        failures = 0
            except Exception as error:  # noqa: BLE001 - whatever it is, polling goes on and the stream is tried again
                log.warning("the %s stream broke off: %s", name, type(error).__name__)
            failures += 1
            await asyncio.sleep(spread(min(300.0, 2.0 ** min(failures, 9)), 0.5, self._rand()))

    def _launch(self) -> float:
        """Start what is due while there is room; returns seconds until the next one is."""
        mono = self._monotonic()
        while len(self._running) < self._schedule.concurrency:
            pack = self._due.take(mono)
            if pack is None:
                upcoming = self._due.next()
                return IDLE if upcoming is None else max(0.0, upcoming - mono)
            pack.running = True
            task = asyncio.create_task(self._run(pack), name=f"poll {pack.source}")
            self._running.add(task)
            task.add_done_callback(self._done)
        return IDLE  # a poll that ends makes room, and wakes

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _run(self, pack: Pack) -> None:
        pause = IDLE
        try:
            await self._poll(pack)
            pause = self._pause(pack)
        except StoreError as error:
            log.error("nothing can be stored: %s", error)  # noqa: TRY400 - the words are for people, a traceback is not
            pack.failures += 1
            pause = cool_down(Outcome("unreachable"), pack.failures, pack.every, self._clock())
        finally:
            pack.running = False
            if pack in self._packs:  # a reload may have replaced it
                self._due.put(pack, self._monotonic() + pause)

    def _pause(self, pack: Pack) -> float:
        outcome = worst([self.watch.outcome(account.key) for account in pack.accounts])
        pause = cool_down(outcome, pack.failures, pack.pace(self._monotonic()), self._clock())
        moved = spread(pause, self._schedule.jitter, self._rand())
        return max(pause, moved) if outcome.until is not None else moved

    async def _poll(self, pack: Pack) -> Outcome:
        """One poll of one pack, stored. StoreError if it cannot be; everything else becomes an outcome."""
        source = self._sources[pack.source]
        told: dict[str, Outcome] = {}
        new: dict[str, int] = {}
        now = self._clock()
        try:
            async with aclosing(source.fetch(pack.accounts, self._memory.cursors[pack.source], now)) as pages:  # type: ignore[type-var]
                async for page in pages:
                    told |= page.outcomes
                    await self.watch.heard(page)
                    for key, count in (await self._keep(page, self._clock())).items():
                        new[key] = new.get(key, 0) + count
        except StoreError:
            raise
        except Exception as error:
            log.exception("the %s source failed", pack.source)
            fault = Outcome("bad_content", f"an error of Hotline's own ({type(error).__name__}), see the log")
            told |= {account.key: fault for account in pack.accounts}
        for account in pack.accounts:
            outcome = told.get(account.key) or worst([])
            self.watch.polled(account.key, outcome, new.get(account.key, 0), now)
        overall = worst([self.watch.outcome(account.key) for account in pack.accounts])
        pack.failures = 0 if overall.fine else pack.failures + 1
        return overall

    async def _keep(self, page: Page, now: datetime) -> dict[str, int]:
        """Store what the page adds, if anything. Returns how many new posts and revisions by account."""
        page = self._memory.news(page)
        if not (page.posts or page.cursors or page.identities or self._memory.first_success(page)):
            return {}
        saved = await self._store.save_page(page, now)
        self._memory.stored(page)
        self.watch.posted(page.posts)
        await self.watch.identified(page, saved.identity_changed, self._memory.accounts)
        if saved.anything:
            self._stored()
        if page.posts:
            log.info("%d new in %s", len(page.posts), page.source, extra={"facts": _facts(page.posts, page)})
        return _count(page.posts)


def _count(posts: Sequence[Post]) -> dict[str, int]:
    found: dict[str, int] = {}
    for post in posts:
        found[post.account] = found.get(post.account, 0) + 1
    return found


def _facts(posts: Sequence[Post], page: Page) -> dict[str, Any]:
    facts: dict[str, Any] = {"account": ", ".join(sorted({post.account for post in posts}))}
    return facts | ({"baseline": True} if page.baseline else {}) | ({"backfill": True} if page.backfill else {})
