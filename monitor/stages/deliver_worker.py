"""One channel's worker: claim, settle a doubt, send, mark. See `monitor.stages.deliver`, whose part it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from monitor.channels import DeliveryError, Payload
from monitor.model import Delivery, Message, Notice, Receipt
from monitor.stages.outbox import Destination, Row

if TYPE_CHECKING:
    from monitor.stages.deliver import Deliver

log = logging.getLogger(__name__)

SUSPENDED = "channel_suspended"
AT_ONCE = 0.02
"""Seconds a worker waits at least before it looks again unasked, whatever the outbox says."""


class Worker:
    """The deliveries of one channel, one at a time."""

    def __init__(self, destination: Destination, stage: Deliver) -> None:
        self.destination, self.stage = destination, stage
        self.channel, self.name = destination.channel, destination.channel.name
        self.suspended = False
        self._inherited = True  # an earlier run may have left deliveries in doubt
        self._doubts: set[int] = set()  # deliveries that this run left in doubt
        self.buried: set[int] = set()  # alerts that the fallback should get
        self._woken = asyncio.Event()
        self._failures = 0  # in a row
        self._free_at = 0.0  # monotonic: not before, by the provider's word or our back-off

    def wake(self) -> None:
        self._woken.set()

    def resumed(self) -> None:
        self.suspended, self._failures, self._free_at = False, 0, 0.0
        self._inherited = True

    async def run(self) -> None:
        """Until the stage stops. Nothing that goes wrong here reaches another worker."""
        while not self.stage.stopping:
            left = self._free_at - asyncio.get_running_loop().time()
            if left > 0:
                await pause(self._woken, left)
                continue
            try:
                delivery = await self._claim()
                if delivery is None:
                    await self._idle()
                    continue
            except Exception:
                log.exception("channel %s: the outbox could not be read", self.name)
                self._hold_off(None)
                continue
            try:
                await self._deliver(delivery)
            except Exception:
                log.exception("channel %s: delivery %d", self.name, delivery.id)
                await self._failed(delivery, DeliveryError("unknown", "an error of Hotline's own"))

    async def _claim(self) -> Delivery | None:
        """What is in doubt first: later news of the same contact waits for it."""
        now = self.stage.clock()
        if self._inherited or self._doubts:
            doubtful = await self.stage.store.claim_unknown(self.name, now, repeat=False)
            if doubtful is not None:
                return doubtful
            self._inherited = False
        return await self.stage.store.claim(self.name, now, self._freeze)

    async def _idle(self) -> None:
        due = await self.stage.store.next_due([self.name])
        left = (due - self.stage.clock()).total_seconds() if due else self.stage.patience.look
        await pause(self._woken, min(max(left, AT_ONCE), self.stage.patience.look))

    def _freeze(self, row: Row) -> Payload:
        """The payload for good. A channel that cannot lay a message out must not lose it: then the bare words go."""
        message = row.message
        try:
            return self.channel.render(message, row.earlier)
        except Exception:
            log.exception("channel %s: alert %s could not be laid out", self.name, message.id)
            return self.channel.render(Message(message.kind, message.id, message.headline, link=message.link), None)

    async def _deliver(self, delivery: Delivery) -> None:
        self._doubts.discard(delivery.id)
        try:
            verdict = await self._settle(delivery)
            if verdict == "hold":
                await self._held(delivery)
                return
            if verdict == "repeat":
                await self.stage.store.mark_possible_repeat(delivery.id)
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
        now = self.stage.clock()
        await self._write(delivery, lambda: self.stage.store.mark_sent(delivery.id, receipt, now))

    async def _held(self, delivery: Delivery) -> None:
        why, now = "held: it may have arrived, and this channel holds what is in doubt", self.stage.clock()
        await self._write(delivery, lambda: self.stage.store.mark_unknown(delivery.id, why, now, None))
        await self.stage.tell(undelivered(delivery.alert, self.name, why))

    async def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        store, now, number, text = self.stage.store, self.stage.clock(), delivery.id, error.text
        log.warning("channel %s: delivery %d, attempt %d: %s: %s", self.name, number, delivery.attempt, error.kind, text)
        if error.kind == "permanent":
            await self._suspend(delivery, text)
        elif error.kind == "rejected":
            await self._rejected(delivery, text)
        else:
            doubt = error.kind == "unknown"
            delay = self._hold_off(error.after, delivery.attempt)
            if doubt and self.channel.guarantee.unknown == "reconcile":
                delay = max(delay, self.stage.patience.settle)
            at = now + timedelta(seconds=delay)
            if doubt:
                self._doubts.add(number)
                await self._write(delivery, lambda: store.mark_unknown(number, text, now, at))
            else:
                await self._write(delivery, lambda: store.mark_retry(number, at, text, now))

    async def _suspend(self, delivery: Delivery, why: str) -> None:
        """The channel refuses: its queue is kept, this delivery first in it."""
        store, now = self.stage.store, self.stage.clock()
        await self._write(delivery, lambda: store.mark_retry(delivery.id, now, why, now))
        await self._write(delivery, lambda: store.suspend(self.name, why, now))
        self.suspended = True
        text = f"Channel {self.name} is suspended: {why}. Its queue is kept; put it right, then: channels resume {self.name}"
        await self.stage.tell(Notice(f"channel:{self.name}", SUSPENDED, text))
        self.stage.passed_over()

    async def _rejected(self, delivery: Delivery, why: str) -> None:
        """The message is refused, the channel is fine: the next plainer form, or the end of it."""
        now = self.stage.clock()
        try:
            plainer = self.channel.degrade(delivery.payload)
        except Exception:
            log.exception("channel %s: alert %d could not be laid out plainer", self.name, delivery.alert)
            plainer = None
        await self._write(delivery, lambda: self.stage.store.mark_rejected(delivery.id, plainer, why, now))
        self._rest(self.destination.spacing)
        if plainer is None:
            self.buried.add(delivery.alert)
            await self.stage.tell(undelivered(delivery.alert, self.name, f"refused in its plainest form: {why}"))
            self.stage.passed_over()

    async def _write(self, delivery: Delivery, write: Callable[[], Awaitable[Any]]) -> None:
        await self.stage.surely(write, f"channel {self.name}: what became of delivery {delivery.id}")

    def _hold_off(self, after: float | None, attempt: int = 0) -> float:
        """Seconds until the row is due again; the whole channel waits too, for as long as the provider said or its failures last."""
        self._failures += 1
        if after:
            self._rest(after)
            return after
        rand = self.stage.rand()
        self._rest(self.stage.patience.back_off(self._failures, rand))
        return self.stage.patience.back_off(max(self._failures, attempt), rand)

    def _rest(self, seconds: float) -> None:
        self._free_at = max(self._free_at, asyncio.get_running_loop().time() + seconds)


def undelivered(alert: int, channel: str, why: str) -> Notice:
    return Notice(
        f"undelivered:{alert}:{channel}", "undelivered", f"Alert {alert} was not delivered to channel {channel}: {why}."
    )


async def pause(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, for so long at most, and clear it."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()
