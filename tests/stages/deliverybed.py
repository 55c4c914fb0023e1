"""A bed for the deliver stage: the real store on a file, channels that answer from a script, short waits."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from monitor.channels import DeliveryError, Guarantee, Payload
from monitor.decision import Decision, NewAlert, NewDelivery
from monitor.model import Contact, Delivery, Earlier, Message, Notice, Receipt
from monitor.stages.deliver import Deliver
from monitor.stages.outbox import Destination, Patience
from monitor.store import Store

PATIENCE = Patience(escalate_after=3600.0, deadline=0.2, look=0.05, grace=5.0, first=0.001, longest=0.02, settle=0.002)
KEYED = Guarantee("same_key", None, "once")
MARKED = Guarantee("resend_marked", None, "at least once")
LOOKED_UP = Guarantee("reconcile", None, "once")

Step = Receipt | DeliveryError | Exception | Callable[[Delivery], Awaitable[Receipt]]


class Scripted:
    """A channel whose sends come out as scripted, then all well. `seen` is what was sent, `arrived` what the far side has."""

    kind: ClassVar[str] = "scripted"
    Settings: ClassVar[type[BaseModel]] = BaseModel
    spacing: ClassVar[float] = 0.0

    def __init__(
        self, name: str, script: Sequence[Step] = (), guarantee: Guarantee = KEYED, found: Receipt | None = None
    ) -> None:
        self.name, self.guarantee, self.script, self.found = name, guarantee, list(script), found
        self.seen: list[Delivery] = []
        self.looked_up = 0

    def render(self, message: Message, earlier: Earlier | None) -> Payload:
        return {"style": "rich", "headline": message.headline, "follows": earlier.provider_id if earlier else None}

    def degrade(self, payload: Payload) -> Payload | None:
        plainer = {"rich": "plain", "plain": "bare"}.get(payload["style"])
        return {**payload, "style": plainer} if plainer else None

    async def send(self, delivery: Delivery) -> Receipt:
        self.seen.append(delivery)
        step = self.script.pop(0) if self.script else Receipt(f"id{delivery.id}")
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Receipt) else await step(delivery)

    async def reconcile(self, delivery: Delivery) -> Receipt | None:
        self.looked_up += 1
        return self.found

    async def probe(self) -> str:
        return "fine"

    async def close(self) -> None:
        return None


def now() -> datetime:
    return datetime.now(UTC)


class Bed:
    """A store with alerts in it, and a stage over channels."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.path = store, path
        self.notices: list[Notice] = []

    async def alert(self, *channels: str, headline: str = "A call", contact: str | None = None, urgent: bool = True) -> None:
        message = Message("new", contact or "n1", headline, urgent=urgent)
        alert = NewAlert("new", message, contact, "test", tuple(NewDelivery(name) for name in channels))
        at = now()
        contacts = (Contact(contact, (), "call", "happened", 0.9, at, at),) if contact else ()
        await self.store.apply(lambda _: Decision(contacts=contacts, alerts=(alert,)), at)

    async def tell(self, notice: Notice) -> None:
        self.notices.append(notice)

    def stage(self, *destinations: Destination | Scripted, patience: Patience = PATIENCE) -> Deliver:
        made = [d if isinstance(d, Destination) else Destination(d) for d in destinations]
        return Deliver(self.store, made, clock=now, rand=lambda: 0.0, tell=self.tell, patience=patience)

    def rows(
        self, sql: str = "SELECT id, channel, state, attempts, possible_repeat, provider_id FROM deliveries ORDER BY id"
    ) -> list[Any]:
        with sqlite3.connect(self.path) as db:
            return db.execute(sql).fetchall()

    def states(self) -> list[str]:
        return [row[2] for row in self.rows()]

    @asynccontextmanager
    async def running(self, stage: Deliver) -> AsyncIterator[Deliver]:
        task = asyncio.create_task(stage.run())
        try:
            yield stage
        finally:
            await stage.stop()
            await task

    async def deliver(self, *destinations: Destination | Scripted, patience: Patience = PATIENCE) -> None:
        """Run until every delivery has come to rest."""
        async with self.running(self.stage(*destinations, patience=patience)):
            await self.until(lambda: not set(self.states()) & {"queued", "sending", "retry", "unknown"})

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():  # noqa: ASYNC110 - rows of a database send no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def bed(folder: Path, run: str = "run1") -> AsyncIterator[Bed]:
    path = folder / "log.db"
    store = await Store.open(path, run=run, clock=now)
    try:
        yield Bed(store, path)
    finally:
        await store.close()
