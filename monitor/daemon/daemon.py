"""The daemon: opens the store, raises a crew, lets the scheduler tick, and answers signals.

| SIGTERM, SIGINT | stop taking on work, finish what is under way, exit 0; a second one: at once |
| SIGHUP          | read the configuration again; a bad one is refused and the old one goes on   |
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.config import ConfigError, Problem, SecretError
from monitor.daemon.crew import Crew, World
from monitor.daemon.endpoint import Endpoint
from monitor.daemon.meter import Meter, MeteredStore
from monitor.daemon.notify import notify, watchdog_interval
from monitor.daemon.plan import Plan, retention
from monitor.daemon.pulse import Pulse
from monitor.daemon.selfwatch import SelfWatch
from monitor.model import Notice
from monitor.store import Store, StoreError
from monitor.store.tidy import tidy

log = logging.getLogger("hotline.daemon")

JOB_DEFAULTS: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""A tick that comes late still runs, once, and never beside itself (the library would drop one later than a second)."""
TICKS: dict[str, float] = {
    "triage": 1.0, "watch": 1.0, "health": 60.0, "self": 60.0, "tidy": 3600.0, "registry": 86_400.0, "identity": 7 * 86_400.0,
}  # fmt: skip
"""Seconds between ticks. Triage and watch are woken by commits; their tick is the safety net and the passing of time."""

Reread = Callable[[], Plan]
"""Reads the configuration again; raises ConfigError or SecretError."""


class Daemon:
    """One run of Hotline. `run` returns the exit status."""

    def __init__(self, plan: Plan, world: World, reread: Reread, ready: Callable[[Crew], None] | None = None) -> None:
        """`ready` is called once polling has begun."""
        self._plan, self._world, self._reread, self._ready = plan, world, reread, ready
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._crew: Crew | None = None
        self._asked = 0.0  # monotonic: when it was told to stop
        self.endpoint: Endpoint | None = None
        self._watch = SelfWatch(Pulse.begin(world.clock, time.monotonic), Meter())

    async def run(self) -> int:
        """Until a signal or `stop`. Raises StoreError, ConfigError or SecretError if it cannot begin."""
        run = f"{os.getpid()}-{self._world.clock():%Y%m%dT%H%M%S}"
        store = await MeteredStore.open(self._plan.database, run=run, clock=self._world.clock)
        assert isinstance(store, MeteredStore)
        store.meter = self._watch.meter
        scheduler = AsyncIOScheduler(job_defaults=JOB_DEFAULTS, timezone="UTC")
        try:
            self._crew = Crew(self._plan, store, self._world, self._watch.pulse.turned)
            self.endpoint = await self._open_endpoint()
            await self._crew.start()
            self._schedule(scheduler)
            self._listen()
            self._say_ready()
            await self._serve(store)
        finally:
            notify("STOPPING=1")
            scheduler.running and scheduler.pause()  # its shutdown cancels what runs: drain first
            if self._crew is not None:
                await self._crew.drain()
            if scheduler.running:
                scheduler.shutdown(wait=False)
            if self.endpoint is not None:
                await self.endpoint.stop()
            await store.close()
        log.info("stopped")
        return 0

    def stop(self) -> None:
        """Drain and return. Call from the loop's own thread. Asked again a second later or more, it ends at once."""
        now = time.monotonic()
        if self._stop.is_set():
            if now - self._asked < 1.0:
                return  # one wish may come as two signals: to the process and to its group
            log.warning("stopped at once; what was under way is taken up at the next start")
            os._exit(1)
        self._asked = now
        log.info("stopping: finishing what is under way")
        self._stop.set()

    async def _serve(self, store: Store) -> None:
        stopped = asyncio.create_task(self._stop.wait())
        while not self._stop.is_set():
            asked = asyncio.create_task(self._reload.wait())
            await asyncio.wait({stopped, asked}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            if self._reload.is_set() and not self._stop.is_set():
                self._reload.clear()
                await self._reloaded(store)
        await stopped

    async def _reloaded(self, store: Store) -> None:
        """The new plan's crew in place of the old one; on any error the old one goes on."""
        assert self._crew is not None
        notice = Notice("config", "config_refused", "The configuration is good again.", resolved=True)
        try:
            plan = await asyncio.to_thread(self._reread)
            if plan.database != self._plan.database:
                log.warning("database.path changed: that takes a restart; this run goes on with %s", self._plan.database)
            crew = Crew(plan, store, self._world, self._watch.pulse.turned)
        except (ConfigError, SecretError) as error:
            words = f"The new configuration is refused, the old one goes on: {' | '.join(str(error).splitlines())}"
            await self._crew.operator.tell(Notice("config", "config_refused", words))
            log.error("%s", words)  # noqa: TRY400 - the words are for people
            return
        await self._crew.drain()
        self._plan, self._crew = plan, crew
        await crew.start()
        await crew.operator.tell(notice)
        log.info("configuration read again", extra={"facts": {"accounts": len(plan.config.account), "channels": len(plan.config.channels)}})

    async def _open_endpoint(self) -> Endpoint | None:
        """/healthz and /metrics, where they are wanted."""
        listen = self._plan.config.health.listen
        if listen is None:
            return None
        endpoint = Endpoint(listen, lambda: self._watch.facts(self._at_work()), lambda: self._watch.figures(self._at_work()))
        try:
            await endpoint.start()
        except OSError as error:
            words = f"cannot listen there ({error.strerror or type(error).__name__}): choose another port"
            raise ConfigError([Problem("health.listen", f'"{listen}"', words)]) from None
        return endpoint

    def _at_work(self) -> Crew:
        assert self._crew is not None
        return self._crew

    def _schedule(self, scheduler: AsyncIOScheduler) -> None:
        work: dict[str, Callable[[Crew], Any]] = {
            "triage": lambda crew: crew.triage.wake(),
            "watch": lambda crew: crew.watch.wake(),
            "health": lambda crew: crew.poll.flush(),
            "self": self._watch.look,
            "reread": lambda crew: crew.poll.reread(),
            "tidy": tidied,
            "registry": lambda crew: crew.registry_age(),
            "identity": lambda crew: crew.poll.verify(),
        }
        for name, seconds in (TICKS | {"reread": self._plan.config.schedule.reread}).items():
            scheduler.add_job(self._tick, "interval", seconds=seconds, args=[name, work[name]], id=name)
        if (interval := watchdog_interval()) is not None:
            scheduler.add_job(self._feed, "interval", seconds=interval, id="watchdog")
        scheduler.start()
        scheduler.modify_job("registry", next_run_time=self._world.clock())

    async def _tick(self, name: str, work: Callable[[Crew], Any]) -> None:
        """One tick of one job; what goes wrong is told and the next tick comes all the same."""
        if self._crew is None or self._stop.is_set():
            return
        try:
            result = work(self._crew)
            if asyncio.iscoroutine(result):
                await result
        except StoreError as error:
            log.warning("%s: %s", name, error)
        except Exception:
            log.exception("the %s job failed; it runs again at its next tick", name)

    async def _feed(self) -> None:
        """A sign of life for systemd, unless a stage is stuck: then it starts Hotline anew."""
        if not self._watch.pulse.stuck():
            notify("WATCHDOG=1")

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # no signals off the main thread
            loop.add_signal_handler(signal.SIGTERM, self.stop)
            loop.add_signal_handler(signal.SIGINT, self.stop)
            loop.add_signal_handler(signal.SIGHUP, self._reload.set)

    def _say_ready(self) -> None:
        assert self._crew is not None
        config = self._plan.config
        facts = {"accounts": len(config.account), "channels": ",".join(config.channels), "database": str(self._plan.database)}
        log.info("ready", extra={"facts": facts | {"pid": os.getpid()}})
        notify("READY=1")
        if self._ready is not None:
            self._ready(self._crew)


async def tidied(crew: Crew) -> None:
    """Retention: what is too old goes, in short steps that hold nobody up. X's terms give texts of deleted posts 24 hours."""
    done = await asyncio.to_thread(tidy, crew.plan.database, retention(crew.plan.config), crew.world.clock())
    if any(done.as_dict().values()):
        log.info("tidied", extra={"facts": {name: count for name, count in done.as_dict().items() if count}})


async def once(plan: Plan, world: World, patience: float = 60.0) -> bool:
    """One pass: every account polled, everything triaged, everything due sent. True if nothing went wrong or waits."""
    store = await Store.open(plan.database, run=f"{os.getpid()}-once", clock=world.clock)
    try:
        crew = Crew(plan, store, world)
        try:
            return await crew.once(patience)
        finally:
            await crew.drain()
    finally:
        await store.close()
