"""The deliver stage cut off before and after each of its calls to the store: nothing lost, a repeat keyed or marked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from monitor.channels import DeliveryError, Guarantee
from monitor.model import Delivery, Receipt
from monitor.stages.deliver import Deliver
from monitor.stages.outbox import Destination
from monitor.store import Store
from tests.stages.deliverybed import KEYED, LOOKED_UP, MARKED, PATIENCE, Scripted, bed, now


class Crash(BaseException):
    """The process ends here: nothing after this line happens."""


class Bomb:
    """A store whose nth call is the last of this process, carried out or not."""

    def __init__(self, store: Store, at: int, *, carried_out: bool) -> None:
        self._store, self._left, self._carried_out = store, at, carried_out
        self.gone = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self.gone.is_set():
                raise Crash
            self._left -= 1
            if self._left < 0:
                if self._carried_out:
                    await real(*args, **kwargs)
                self.gone.set()
                raise Crash
            return await real(*args, **kwargs)

        return call


class FarSide(Scripted):
    """Shows what arrived; drops a repeat of a known key, or can be asked, as its guarantee says."""

    def __init__(self, guarantee: Guarantee) -> None:
        super().__init__("one", guarantee=guarantee)
        self.shown: list[Delivery] = []
        self.faults: list[DeliveryError | None] = [
            DeliveryError("retry", "busy"),
            DeliveryError("unknown", "cut off"),
            DeliveryError("rejected", "no"),
        ]

    async def send(self, delivery: Delivery) -> Receipt:
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or fault.kind == "unknown":
            known = self.guarantee.unknown == "same_key" and any(d.key == delivery.key for d in self.shown)
            self.shown += [] if known else [delivery]
        if fault is not None:
            raise fault
        return Receipt(f"id{delivery.id}")

    async def reconcile(self, delivery: Delivery) -> Receipt | None:
        return next((Receipt(f"id{d.id}") for d in self.shown if d.key == delivery.key), None)


async def crashed(folder: Path, far: FarSide, at: int, *, carried_out: bool) -> bool:
    """One run that is cut off at its nth call; whether it came so far."""
    async with bed(folder, "run1") as log:
        for headline in ("first", "second"):
            await log.alert("one", headline=headline, contact="c1")
        bomb = Bomb(log.store, at, carried_out=carried_out)
        stage = Deliver(bomb, [Destination(far)], clock=now, rand=lambda: 0.0, tell=log.tell, patience=PATIENCE)
        task = asyncio.create_task(stage.run())
        done = asyncio.create_task(log.until(lambda: log.states() == ["sent", "sent"]))
        gone = asyncio.create_task(bomb.gone.wait())
        await asyncio.wait([done, gone], return_when=asyncio.FIRST_COMPLETED)
        for running in (*stage._tasks, task, done, gone):
            running.cancel()
        await asyncio.gather(*stage._tasks, task, done, gone, return_exceptions=True)
        return bomb.gone.is_set()


@pytest.mark.parametrize("carried_out", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("guarantee", [KEYED, MARKED, LOOKED_UP], ids=lambda g: g.unknown)
async def test_cut_off_at_any_call_nothing_is_lost_and_no_repeat_is_silent(
    tmp_path: Path, guarantee: Guarantee, carried_out: bool
) -> None:
    reached = 0
    for at in range(60):
        far = FarSide(guarantee)
        folder = tmp_path / str(at)
        folder.mkdir()
        if not await crashed(folder, far, at, carried_out=carried_out):
            break
        reached += 1
        async with bed(folder, "run2") as log:
            await log.deliver(far)
            assert log.states() == ["sent", "sent"], f"at call {at}"
        for headline in ("first", "second"):
            copies = [d for d in far.shown if d.payload["headline"] == headline]
            assert copies, f"{headline} lost at call {at}"
            assert len([d for d in copies if not d.possible_repeat]) <= 1, f"{headline} repeated in silence at call {at}"
            assert len(copies) <= (3 if guarantee is MARKED else 1), f"{headline} came {len(copies)} times at call {at}"
    assert reached > 8
