"""Deliver: one worker a channel takes rows from the outbox, sends them, and writes down what became of each.

    claim (queued, retry, unknown -> sending, payload frozen)  ->  settle a doubt  ->  send  ->  mark

A row is marked after the send, never before: a crash in between leaves `sending`, which the next run reads as
`unknown`. What settles an unknown is the channel's guarantee: the same key again within the provider's memory, a
look-up, or sending again with "possible repeat" in the message; `hold` leaves it to a person instead. A refused
message is made plainer; a refused channel is suspended with its queue kept. The workers share nothing but the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.decision import Decision, NewDelivery
from monitor.model import Notice
from monitor.stages.deliver_worker import SUSPENDED, Worker, pause, undelivered
from monitor.stages.outbox import Destination, Outbox, Patience

log = logging.getLogger(__name__)


class Deliver:
    """All workers. `run` returns once `stop` was called and what was in flight is written down."""

    def __init__(
        self,
        store: Outbox,
        destinations: Sequence[Destination],
        *,
        clock: Callable[[], datetime],
        rand: Callable[[], float],
        tell: Callable[[Notice], Awaitable[Any]],
        patience: Patience | None = None,
    ) -> None:
        self.store, self.clock, self.rand = store, clock, rand
        self.patience = patience or Patience()
        self._tell = tell
        self._workers = {d.channel.name: Worker(d, self) for d in destinations}
        self._stopping = asyncio.Event()
        self._look = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._passed_on: set[tuple[int, str]] = set()  # (alert, fallback), so that a long outage is not written again and again

    async def run(self) -> None:
        standing = await self.store.standing()
        for name, worker in self._workers.items():
            worker.suspended = standing.get(f"channel:{name}") == SUSPENDED
        jobs = [worker.run() for worker in self._workers.values()]
        self._tasks = [asyncio.create_task(job) for job in (*jobs, self._lateness())]
        try:
            await asyncio.wait(self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()

    def wake(self, channels: Iterable[str] | None = None) -> None:
        """Something was committed for these channels (None: for all): look now."""
        for name in self._workers if channels is None else channels:
            if name in self._workers:
                self._workers[name].wake()
                if self._workers[name].suspended:
                    self._look.set()

    async def stop(self) -> None:
        """Finish what is being sent, take nothing new; what waits stays in its rows. Returns within `patience.grace`."""
        self._stopping.set()
        self._look.set()
        for worker in self._workers.values():
            worker.wake()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.patience.grace)
            for task in late:
                task.cancel()

    async def resume(self, channel: str) -> int:
        """Take up a suspended channel again; how many deliveries were waiting."""
        waiting = await self.store.resume(channel, self.clock())
        if channel in self._workers:
            self._workers[channel].resumed()
        await self.tell(Notice(f"channel:{channel}", SUSPENDED, f"Channel {channel} works again.", resolved=True))
        self.wake([channel])
        return waiting

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    async def tell(self, notice: Notice) -> None:
        """A notice to the operator; that it cannot be written must not stop a worker."""
        try:
            await self._tell(notice)
        except Exception:
            log.exception("notice %s could not be written", notice.key)

    async def surely(self, write: Callable[[], Awaitable[Any]], what: str) -> None:
        """Write down what happened, however long the database takes: forgetting it would send it twice."""
        for failures in range(1, 10_000):
            try:
                await write()
                return
            except Exception:
                log.exception("%s could not be written", what)
            if self.stopping:
                return  # the row stays `sending`, which the next run reads as unknown
            await asyncio.sleep(self.patience.back_off(failures, self.rand()))

    def passed_over(self) -> None:
        """A channel was suspended or an alert buried: see to the fallbacks now."""
        self._look.set()

    async def _lateness(self) -> None:
        """What is late goes to the channel's fallback as well; what is too late is buried, and the operator told."""
        every = min(self.patience.look, max(self.patience.escalate_after / 4, 0.01))
        while not self.stopping:
            for worker in self._workers.values():
                try:
                    if worker.destination.fallback:
                        await self._pass_on(worker, worker.destination.fallback)
                    await self._give_up(worker.name)
                except Exception:
                    log.exception("channel %s: what is late could not be seen to", worker.name)
            await pause(self._look, every)

    async def _pass_on(self, worker: Worker, fallback: str) -> None:
        now = self.clock()
        after = 0.0 if worker.suspended else self.patience.escalate_after
        alerts = {*await self.store.late(worker.name, now - timedelta(seconds=after)), *worker.buried}
        fresh = [alert for alert in sorted(alerts) if (alert, fallback) not in self._passed_on]
        if not fresh:
            return
        decision = Decision(more=tuple((alert, NewDelivery(fallback)) for alert in fresh))
        done = await self.store.apply(lambda _: decision, now)
        self._passed_on |= {(alert, fallback) for alert in fresh}
        worker.buried.clear()
        log.warning("channel %s: %d late alert(s) passed on to %s", worker.name, len(fresh), fallback)
        self.wake({fallback, *done.channels})

    async def _give_up(self, name: str) -> None:
        now = self.clock()
        why = f"not delivered within {self.patience.give_up / 3600:g} h"
        for alert in await self.store.give_up(name, now - timedelta(seconds=self.patience.give_up), why, now):
            await self.tell(undelivered(alert, name, why))
