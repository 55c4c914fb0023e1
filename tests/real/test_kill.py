"""A running daemon on real servers, killed with SIGKILL at random moments: nothing is lost, nothing doubled.

Thirty times in CI; `HOTLINE_KILLS=1000` for as many as one likes (`make soak`). A post is written, and the daemon is killed
and started again a random while after: while it starts, polls, decides, sends, or has nothing to do.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.tally import Tally, record
from tests.real.at_network import Network, Writer
from tests.real.conftest import Room
from tests.real.desk import Desk, Watched, desk

KILLS = int(os.environ.get("HOTLINE_KILLS", "30"))
LONGEST = 3.0
"""Seconds after its start within which the daemon is killed; it takes about two to be ready."""
NAMES = (
    "Chancellor Merz", "Prime Minister Meloni", "Prime Minister Carney", "Prime Minister Takaichi", "Prime Minister Modi",
    "Prime Minister Sánchez", "Prime Minister Tusk", "Prime Minister Albanese", "President Zelenskyy", "President Trump",
)  # fmt: skip

pytestmark = pytest.mark.timeout(max(300, KILLS * 15))


async def test_killed_at_random_moments_every_alert_is_told_once(
    tmp_path: Path, atnet: Network, room: Room, make_account: Callable[[str], Awaitable[Writer]]
) -> None:
    rng = random.Random(KILLS)
    elysee = await make_account("elysee")
    async with desk(tmp_path, atnet, room, [Watched(elysee, "FR", "presidency", "head_of_state")]) as d:
        await asyncio.to_thread(d.daemon.start)
        await asyncio.to_thread(d.log.baselined, 1)
        told = 0
        post = await elysee.post("Welcome to our new page.")
        for kill in range(KILLS):
            if kill % 3 == 0 and told < len(NAMES):
                post = await elysee.post(f"I just spoke by phone with {NAMES[told]}.")
                told += 1
            await asyncio.sleep(rng.random() * LONGEST)
            await asyncio.to_thread(d.daemon.kill)
            await asyncio.to_thread(d.daemon.launch)
        began = time.monotonic()
        await elysee.seen(post)
        await d.logged(post)
        alerts = await d.sent()
        recovery = time.monotonic() - began
        await asyncio.to_thread(d.daemon.ready)  # all may have been told before the last kill: a stop is heard once it is up
        assert await asyncio.to_thread(d.daemon.stop) == 0
        assert [alert["kind"] for alert in alerts] == ["new"] * told
        record(_tally(d, told, recovery))
        d.log.sound()


def _tally(d: Desk, told: int, recovery: float) -> Tally:
    texts = list(d.shown().values())
    shown = [sum(f"by phone with {name}" in text for text in texts) for name in NAMES[:told]]
    return Tally("SIGKILL of a daemon on real servers (Bluesky network, Matrix)", KILLS, told, shown.count(0), sum(n - 1 for n in shown if n > 1), 0, recovery)
