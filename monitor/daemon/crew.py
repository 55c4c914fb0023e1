"""The stages at work on one plan: built, started, watched over, drained. A reload raises a new crew on the same store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import httpx

from monitor.channels import Channel
from monitor.channels import channels as channel_registry
from monitor.channels.base import Tools
from monitor.daemon.plan import Plan
from monitor.daemon.runner import Runner
from monitor.http import Fetcher, Guard, Pace, channel_client, source_client
from monitor.model import Kind
from monitor.sources import Source
from monitor.sources import sources as source_registry
from monitor.stages.deliver import Deliver
from monitor.stages.news import Newsroom
from monitor.stages.operator import Operator
from monitor.stages.outbox import Destination, Patience
from monitor.stages.poll import Poll, Schedule
from monitor.stages.steady import Steady
from monitor.stages.triage import Judge, Triage
from monitor.stages.watch import Watch
from monitor.store import Store

log = logging.getLogger("hotline.daemon")

SWITCH = 0.001
"""Seconds before a thread that parses or writes lets the loop go on; Python's own 5 ms make the first alert of many 0.3 s later."""

SPEAKERS: frozenset[Kind] = frozenset(("leader", "presidency", "pm_office", "foreign_ministry", "government", "press_office", "royal_house"))
"""Accounts that may publish a country's readout."""


@dataclass(frozen=True, slots=True)
class World:
    """What the daemon takes from outside: time and chance."""

    clock: Callable[[], datetime]
    rand: Callable[[], float]
    steady: Steady | None = None  # tells when the clock was set; None: it is believed


class Crew:
    """Everything that works on one plan. `start`, then it runs by itself until `drain`."""

    def __init__(self, plan: Plan, store: Store, world: World, turned: Callable[[str], None] = lambda _: None) -> None:
        """Must be called where an event loop runs. `turned` hears when a stage came round. Raises ConfigError or SecretError."""
        config = plan.config
        self.plan, self.store, self.world = plan, store, world
        desk = plan.desk()
        steady = world.steady
        doubted = steady.doubted if steady else timedelta
        newsroom = Newsroom(plan.follow(), desk, plan.rules(), steady.ahead if steady else timedelta)
        self._loop = asyncio.get_running_loop()
        sys.setswitchinterval(SWITCH)
        self._accounts = config.accounts()
        self.fetcher = build_fetcher(plan, world)
        self.operator = Operator(store, desk, (config.operator,), world.clock, self._wake_channels)
        self._clients, self.destinations = build_destinations(plan, world)
        self.sources = build_sources(plan, self.fetcher)
        self.poll = Poll(
            store, self.sources, clock=world.clock, rand=world.rand, tell=self.operator.tell, stored=self._stored,
            schedule=Schedule(config.schedule.concurrency, config.schedule.jitter), doubted=doubted,
        )  # fmt: skip
        patience = Patience(give_up=config.limits.give_up, escalate_after=config.limits.escalate_after)
        self.deliver = Deliver(
            store, self.destinations, clock=world.clock, rand=world.rand, tell=self.operator.tell, patience=patience
        )  # fmt: skip
        judge = Judge(plan.matcher, near_miss=config.match.near_miss)
        triage = Triage(store, judge, newsroom, self.operator, world.clock, self._wake_channels, self._changed)
        hot_for = timedelta(seconds=config.schedule.hot_for)
        self._watch = Watch(store, newsroom, self.operator, world.clock, self._wake_channels, self._hot, hot_for, self._resume, doubted)
        self.triage = Runner("triage", triage.run, turned)
        self.watch = Runner("watch", self._watch.run, turned)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up the accounts, and what an earlier run left behind, and begin."""
        await self.poll.start(self._accounts)
        self._tasks = [self._supervised("poll", self.poll.run), self._supervised("deliver", self.deliver.run)]
        self.triage.wake()
        self.watch.wake()
        self.deliver.wake()

    async def drain(self) -> None:
        """Stop taking on work, finish what is under way, close what is open. What waits stays in its rows."""
        await self.poll.stop()
        await self.triage.drain()
        await self.watch.drain()
        await self.deliver.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.close()

    async def close(self) -> None:
        """Close sources, channels and clients."""
        for source in self.sources.values():
            await source.close()
        for destination in self.destinations:
            await destination.channel.close()
        for client in self._clients:
            await client.aclose()
        await self.fetcher.close()

    async def once(self, patience: float) -> bool:
        """Every account polled once, everything triaged, everything due sent. True if nothing went wrong or waits."""
        await self.poll.start(self._accounts)
        fine = await self.poll.once()
        self._tasks = [self._supervised("deliver", self.deliver.run)]
        for runner in (self.triage, self.watch):
            runner.wake()
            await runner.drain()
        self.deliver.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while await self._waiting():  # noqa: ASYNC110 - see below
                    await asyncio.sleep(0.02)  # the queue is rows, and rows raise no event
        return fine and not await self._waiting()

    async def _waiting(self) -> bool:
        """Whether something that was due is not settled."""
        return await self.store.outstanding(self.world.clock()) > 0

    async def registry_age(self) -> None:
        """Tell the operator when the registry of leaders has grown old."""
        as_of = datetime.combine(self.plan.registry.as_of, clock_time(), UTC)
        await self._watch.registry(as_of)

    # What the stages call.

    def _stored(self) -> None:
        self.triage.wake()

    def _changed(self) -> None:
        self.watch.wake()

    def _wake_channels(self, channels: frozenset[str]) -> None:
        self.deliver.wake(channels)

    async def _resume(self, target: str) -> int:
        """What a person takes up again: a suspended channel, or a held account (`account:source:handle`)."""
        kind, _, key = target.partition(":")
        if kind != "account":
            return await self.deliver.resume(target)
        released = await self.store.release(key)
        self.triage.wake()
        return released

    def _hot(self, countries: frozenset[str], until: datetime) -> None:
        """Poll the governments of these countries closely until then, and whatever accounts the readout tables add.

        Watch calls this from inside a transaction, on the store's thread.
        """
        left = (until - self.world.clock()).total_seconds()
        if left <= 0:
            return
        accounts = {a.key for a in self._accounts if a.country in countries and a.kind in SPEAKERS}
        accounts |= {key for table in self.plan.config.readout if not table.pair or set(table.pair) <= countries for key in table.accounts}
        self._loop.call_soon_threadsafe(self.poll.hot, accounts, self.plan.config.schedule.hot_every, left)

    # Building and keeping.

    def _supervised(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """A stage that runs for ever; if it ever fails as a whole it is told and begun again."""

        async def keep() -> None:
            while True:
                try:
                    await work()
                except Exception:
                    log.exception("the %s stage failed; it begins again in a second", name)
                    await asyncio.sleep(1)
                else:
                    return

        return asyncio.get_running_loop().create_task(keep(), name=f"stage {name}")


def build_fetcher(plan: Plan, world: World) -> Fetcher:
    """The one client that all sources read through."""
    schedule, limits = plan.config.schedule, plan.config.limits
    pace = Pace(schedule.per_host)
    return source_client(
        world.clock, timeout=schedule.timeout, max_bytes=limits.max_body, connections=schedule.concurrency, pace=pace
    )  # fmt: skip


def build_sources(plan: Plan, fetcher: Fetcher) -> dict[str, Source]:
    """Every source in use, by name."""
    registry = source_registry()
    return {name: registry[name](settings, fetcher) for name, settings in plan.sources.items()}


def build_destinations(plan: Plan, world: World) -> tuple[list[httpx.AsyncClient], list[Destination]]:
    """Every channel as configured, each with a client and a guard of its own."""
    clients: list[httpx.AsyncClient] = []
    found: list[Destination] = []
    for name, table in plan.config.channels.items():
        guard = Guard.of(table.allow_private)
        clients.append(channel_client(guard, plan.config.schedule.timeout, table.proxy))
        tools = Tools(clients[-1], plan.reveal, world.clock, guard, plan.config.desk.language, plan.database.parent)
        channel = channel_registry()[table.type](name, plan.channels[name], tools)
        found.append(Destination(channel, table.unknown, table.min_interval, table.fallback))
    return clients, found


@asynccontextmanager
async def open_sources(plan: Plan, world: World) -> AsyncIterator[dict[str, Source]]:
    """The sources by name, for looking up; closed at the end."""
    fetcher = build_fetcher(plan, world)
    sources = build_sources(plan, fetcher)
    try:
        yield sources
    finally:
        for source in sources.values():
            await source.close()
        await fetcher.close()


@asynccontextmanager
async def open_channels(plan: Plan, world: World) -> AsyncIterator[dict[str, Channel]]:
    """The channels by name, for probing and tests; closed at the end."""
    clients, destinations = build_destinations(plan, world)
    try:
        yield {d.channel.name: d.channel for d in destinations}
    finally:
        for destination in destinations:
            await destination.channel.close()
        for client in clients:
            await client.aclose()
