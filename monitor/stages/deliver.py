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
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from monitor.channels import DeliveryError, Payload
from monitor.model import Delivery, Earlier, Message, Notice, Receipt
from monitor.stages.outbox import Destination, Outbox, Patience, back_off

log = logging.getLogger(__name__)

SETTLE = 10.0
"""Seconds before an unknown is looked up: what is still on its way may arrive until then."""


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
        self._escalate = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        jobs = [worker.run() for worker in self._workers.values()]
        self._tasks = [asyncio.create_task(job) for job in (*jobs, self._escalation())]
        try:
            await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()

    def wake(self, channels: Iterable[str] | None = None) -> None:
        """Something was committed for these channels (None: for all): look now."""
        for name in self._workers if channels is None else channels:
            if name in self._workers:
                self._workers[name].wake()
        self._escalate.set()

    async def stop(self) -> None:
        """Finish what is being sent, take nothing new; what waits stays in its rows. Returns within `patience.grace`."""
        self._stopping.set()
        self._escalate.set()
        for worker in self._workers.values():
            worker.wake()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.patience.grace)
            for task in late:
                task.cancel()

    async def resume(self, channel: str) -> int:
        """Take up a suspended channel again; how many deliveries were waiting."""
        waiting = await self.store.resume(channel, self.clock())
        await self.tell(Notice(f"channel:{channel}", "channel_suspended", f"Channel {channel} is working again.", resolved=True))
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
            await asyncio.sleep(back_off(failures, self.rand()))

    async def _escalation(self) -> None:
        """Alerts that are late, or stand before a suspended channel, go to the channel's fallback too."""
        with_fallback = [(n, w.destination.fallback) for n, w in self._workers.items() if w.destination.fallback]
        every = min(self.patience.look, max(self.patience.escalate_after / 4, 0.01))
        while not self.stopping:
            for name, fallback in with_fallback:
                now = self.clock()
                try:
                    moved = await self.store.escalate(
                        name, fallback or "", now - timedelta(seconds=self.patience.escalate_after), now
                    )
                except Exception:
                    log.exception("late alerts of channel %s could not be passed on to %s", name, fallback)
                    continue
                if moved:
                    log.warning("%d late alert(s) of channel %s passed on to %s", moved, name, fallback)
                    self._workers[fallback or ""].wake()
            await pause(self._escalate, every)


class Worker:
    """The deliveries of one channel, one at a time."""

    def __init__(self, destination: Destination, stage: Deliver) -> None:
        self.destination, self.stage = destination, stage
        self.channel, self.name = destination.channel, destination.channel.name
        self._woken = asyncio.Event()
        self._failures = 0  # in a row
        self._free_at = 0.0  # monotonic: not before, by the provider's word or our back-off

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until the stage stops. Nothing that goes wrong here reaches another worker."""
        while not self.stage.stopping:
            left = self._free_at - asyncio.get_running_loop().time()
            if left > 0:
                await pause(self._woken, left)
                continue
            try:
                delivery = await self.stage.store.claim(self.name, self.stage.clock(), self._freeze)
                if delivery is None:
                    await self._idle()
                    continue
            except Exception:
                log.exception("channel %s: the outbox could not be read", self.name)
                self._hold_off(None)
                continue
            await self._deliver(delivery)

    async def _idle(self) -> None:
        due = await self.stage.store.next_due(self.name)
        left = (due - self.stage.clock()).total_seconds() if due else self.stage.patience.look
        await pause(self._woken, min(max(left, 0.001), self.stage.patience.look))

    def _freeze(self, message: Message, earlier: Earlier | None) -> Payload:
        """The payload for good. A channel that cannot lay a message out must not lose it: then the bare words go."""
        try:
            return self.channel.render(message, earlier)
        except Exception:
            log.exception("channel %s: alert %s could not be laid out", self.name, message.id)
            return self.channel.render(Message(message.kind, message.id, message.headline, link=message.link), None)

    async def _deliver(self, delivery: Delivery) -> None:
        stage, now = self.stage, self.stage.clock()
        if delivery.trying_since and (now - delivery.trying_since).total_seconds() > stage.patience.give_up:
            await self._bury(delivery, f"not delivered within {stage.patience.give_up / 3600:g} h")
            return
        try:
            verdict = await self._settle(delivery)
            if verdict == "hold":
                await self._bury(delivery, "held: it may have arrived, and this channel is set to hold what is in doubt")
                return
            if verdict == "repeat":
                await stage.store.mark_possible_repeat(delivery.id)
                delivery = replace(delivery, possible_repeat=True)
            receipt = verdict if isinstance(verdict, Receipt) else await self._send(delivery)
        except DeliveryError as error:
            await self._failed(delivery, error)
        except Exception as error:
            log.exception("channel %s: delivery %d", self.name, delivery.id)
            await self._failed(delivery, DeliveryError("unknown", f"an error of Hotline's own ({type(error).__name__})"))
        else:
            await self._sent(delivery, receipt)

    async def _send(self, delivery: Delivery) -> Receipt:
        try:
            async with asyncio.timeout(self.stage.patience.deadline):
                return await self.channel.send(delivery)
        except TimeoutError:
            raise DeliveryError("unknown", "no answer in time") from None

    async def _settle(self, delivery: Delivery) -> Literal["send", "repeat", "hold"] | Receipt:
        """What to do about a delivery that may have arrived: send it under its old key, or marked; hold it; or it is there."""
        if delivery.unknown_since is None or delivery.possible_repeat:
            return "send"
        guarantee = self.channel.guarantee
        age = (self.stage.clock() - delivery.unknown_since).total_seconds()
        if guarantee.unknown == "same_key" and (guarantee.window is None or age < guarantee.window):
            return "send"
        if guarantee.unknown == "reconcile":
            try:
                async with asyncio.timeout(self.stage.patience.deadline):
                    return await self.channel.reconcile(delivery) or "send"
            except TimeoutError:
                raise DeliveryError("unknown", "could not be looked up: no answer in time") from None
            except DeliveryError as error:
                if error.kind in ("retry", "unknown"):
                    raise DeliveryError("unknown", f"could not be looked up: {error.text}", error.after) from None
        return "hold" if self.destination.unknown == "hold" else "repeat"

    async def _sent(self, delivery: Delivery, receipt: Receipt) -> None:
        self._failures = 0
        self._rest(max(self.destination.spacing, receipt.rest))
        await self.stage.surely(
            lambda: self.stage.store.mark_sent(delivery.id, receipt, self.stage.clock()), f"delivery {delivery.id} (sent)"
        )

    async def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        store, now = self.stage.store, self.stage.clock()
        log.warning(
            "channel %s: delivery %d, attempt %d: %s: %s", self.name, delivery.id, delivery.attempt, error.kind, error.text
        )
        if error.kind == "permanent":
            await self.stage.surely(
                lambda: store.suspend(self.name, error.text, now, delivery.id), f"channel {self.name} (suspended)"
            )
            text = (
                f"Channel {self.name} is suspended: {error.text}. Its queue is kept; mend it, then: channels resume {self.name}"
            )
            await self.stage.tell(Notice(f"channel:{self.name}", "channel_suspended", text))
            self.stage.wake([])
            return
        if error.kind == "rejected":
            plainer = self.channel.degrade(delivery.payload)
            if plainer is None:
                await self._bury(delivery, f"refused in its plainest form: {error.text}")
                return
            kept = plainer
            await self.stage.surely(
                lambda: store.mark_rejected(delivery.id, kept, error.text, now), f"delivery {delivery.id} (rejected)"
            )
            self._rest(self.destination.spacing)
            return
        delay = self._hold_off(error.after, delivery.attempt)
        if error.kind == "unknown":
            if self.channel.guarantee.unknown == "reconcile":
                delay = max(delay, SETTLE)
            at = now + timedelta(seconds=delay)
            await self.stage.surely(
                lambda: store.mark_unknown(delivery.id, at, error.text, now), f"delivery {delivery.id} (unknown)"
            )
        else:
            at = now + timedelta(seconds=delay)
            await self.stage.surely(lambda: store.mark_retry(delivery.id, at, error.text, now), f"delivery {delivery.id} (retry)")

    async def _bury(self, delivery: Delivery, why: str) -> None:
        await self.stage.surely(
            lambda: self.stage.store.mark_dead(delivery.id, why, self.stage.clock()), f"delivery {delivery.id} (dead)"
        )
        text = f"Alert {delivery.alert} was not delivered to channel {self.name}: {why}. It stands in the log: log alerts"
        await self.stage.tell(Notice(f"delivery:{delivery.id}", "delivery_dead", text))
        self.stage.wake([])

    def _hold_off(self, after: float | None, attempt: int = 0) -> float:
        """Seconds until the row is due again; the whole channel waits too, for as long as the provider said or its failures last."""
        self._failures += 1
        if after:
            self._rest(after)
            return after
        rand = self.stage.rand()
        self._rest(back_off(self._failures, rand))
        return back_off(max(self._failures, attempt), rand)

    def _rest(self, seconds: float) -> None:
        self._free_at = max(self._free_at, asyncio.get_running_loop().time() + seconds)


async def pause(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, for so long at most, and clear it."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()
