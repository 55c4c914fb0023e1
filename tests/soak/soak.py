"""Hotline in simulated time: the real daemon's parts in one process, a clock that runs ahead, faults on, figures as it goes.

An hour of simulated time is a few looks of polling, deciding, sending and looking after itself. Everything real but time:
the store on disk, the matcher, the channels over HTTP to receivers that fail now and then.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from monitor.daemon import Crew, Plan
from monitor.daemon.meter import Meter, MeteredStore
from monitor.daemon.pulse import Pulse
from monitor.daemon.selfwatch import SelfWatch
from tests.faults.bed import SAYS, Hand, claim, quick, say
from tests.real.receiver import Answer, Receiver

LOOKS = 12
"""Looks in a simulated hour: one every five minutes."""
FAULTS = (Answer(status=503), Answer(hang_up="before"), Answer(hang_up="after"), Answer(status=429, headers={"retry-after": "1"}))


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at one simulated hour."""

    hour: int
    rss: float  # MB
    files: int
    tasks: int
    objects: int
    wal: float  # MB
    alerts: int


@dataclass(slots=True)
class Soak:
    """One run. `kills` counts crews that were ended in flight and begun anew on the same log."""

    plan: Plan
    receiver: Receiver
    hand: Hand
    rng: random.Random
    samples: list[Sample] = field(default_factory=list)
    faults: int = 0
    calls: int = 0
    told: int = 0

    async def run(self, hours: int, show: Callable[[Sample], None] = lambda _: None) -> None:
        """So many simulated hours, then until everything is settled."""
        store = await MeteredStore.open(self.plan.database, run="soak", clock=self.hand, connect=quick)
        assert isinstance(store, MeteredStore)
        store.meter = Meter()
        watch = SelfWatch(Pulse.begin(self.hand, lambda: self.hand.mono), store.meter)
        world = self.hand.world()
        crew = Crew(self.plan, store, world)
        await crew.start()
        for hour in range(hours):
            for _ in range(LOOKS):
                self._happens()
                self.hand.on(3600 / LOOKS)
                await self._turn(crew, 0.02)
            await watch.look(crew)
            await watch.figures(crew)
            await crew.poll.flush()
            if self.rng.random() < 0.1:  # the configuration is read again, as at SIGHUP
                await crew.drain()
                crew = Crew(self.plan, store, world)
                await crew.start()
            self.samples.append(self._sample(hour))
            show(self.samples[-1])
        self.receiver.forget()
        for _ in range(50):
            self.hand.on(400)
            await self._turn(crew, 0.1)
            if not await store.outstanding(self.hand.wall + timedelta(days=2)):
                break
        await crew.drain()
        await store.close()

    async def _turn(self, crew: Crew, rest: float) -> None:
        """What ticks and commits bring about in a few minutes."""
        for pack in crew.poll._packs:
            crew.poll._due.put(pack, crew.poll._monotonic())
        crew.poll._wake.set()
        await asyncio.sleep(rest)
        for stage in (crew.triage, crew.watch):
            stage.wake()
            while stage._task is not None and not stage._task.done():
                await asyncio.wait([stage._task])
        for worker in crew.deliver._workers.values():
            worker._free_at = 0.0  # the pause of a real second is five simulated minutes over
        crew.deliver.wake()
        await asyncio.sleep(rest)

    def _happens(self) -> None:
        """Posts of a five-minute span, most of them no news; and now and then a fault."""
        by = self.rng.choice(list(SAYS))
        number = f"{by}-{self.hand.mono:.0f}"
        say(self.plan.database.parent, {"id": number, "account": by.lower(), "text": "Our visa section is closed on Monday.", "created_at": self.hand.wall.isoformat()})
        if self.rng.random() < 0.05:
            other = self.rng.choice([name for name in SAYS if name != by])
            self.calls += 1
            say(self.plan.database.parent, {**claim(by, other, self.hand.wall), "id": f"call-{number}"})
        if self.rng.random() < 0.05:
            self.receiver.then(self.rng.choice(FAULTS))
            self.faults += 1

    def _sample(self, hour: int) -> Sample:
        gc.collect()
        wal = self.plan.database.with_name(self.plan.database.name + "-wal")
        return Sample(
            hour, _rss(), len(list(Path("/proc/self/fd").iterdir())), len(asyncio.all_tasks()), len(gc.get_objects()),
            wal.stat().st_size / 1e6 if wal.exists() else 0.0, len(self.receiver.requests),
        )  # fmt: skip


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def curve(samples: list[Sample], step: int) -> str:
    """The figures as lines of a table."""
    lines = [f"{'hour':>6} {'RSS MB':>8} {'files':>6} {'tasks':>6} {'objects':>9} {'WAL MB':>7} {'requests':>9}"]
    lines += [
        f"{s.hour:>6} {s.rss:>8.1f} {s.files:>6} {s.tasks:>6} {s.objects:>9} {s.wal:>7.2f} {s.alerts:>9}"
        for s in samples if s.hour % step == 0 or s is samples[-1]
    ]  # fmt: skip
    return "\n".join(lines)


def grown(samples: list[Sample]) -> dict[str, float]:
    """How much each figure grew from the first quarter's most to the last quarter's most."""
    quarter = max(len(samples) // 4, 1)
    first, last = samples[:quarter], samples[-quarter:]
    return {name: max(getattr(s, name) for s in last) - max(getattr(s, name) for s in first) for name in ("rss", "files", "tasks", "objects", "wal")}


if __name__ == "__main__":
    sys.exit("Run `make soak`: it is a test with HOTLINE_SOAK_HOURS set.")
