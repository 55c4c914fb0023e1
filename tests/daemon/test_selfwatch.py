"""Hotline looks after itself: signs of life, stuck stages, jumps of the clock, figures for others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from monitor.daemon.notify import notify, watchdog_interval
from monitor.daemon.pulse import Pulse
from monitor.daemon.runner import Runner


class Hand:
    """A wall clock and a monotonic one, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.mono = datetime(2026, 5, 2, tzinfo=UTC), 100.0

    def later(self, seconds: float, *, jump: float = 0.0) -> None:
        self.mono += seconds
        self.wall += timedelta(seconds=seconds + jump)

    def pulse(self) -> Pulse:
        return Pulse.begin(lambda: self.wall, lambda: self.mono)


def test_a_stage_that_does_not_come_round_is_stuck_until_it_does() -> None:
    hand = Hand()
    pulse = hand.pulse()
    pulse.turned("triage")
    pulse.turned("watch")
    hand.later(100)
    pulse.turned("watch")
    hand.later(60)
    assert pulse.stuck() == ["triage"]
    pulse.turned("triage")
    assert pulse.stuck() == []


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0, 3_600.0])
def test_a_clock_that_jumps_is_noticed_either_way(jump: float) -> None:
    hand = Hand()
    pulse = hand.pulse()
    assert pulse.jumped() is None
    hand.later(60, jump=jump)
    assert pulse.jumped() == timedelta(seconds=jump)
    hand.later(60)
    assert pulse.jumped() is None


async def test_a_runner_woken_while_it_runs_runs_once_more() -> None:
    runs: list[int] = []
    gate = asyncio.Event()

    async def work() -> None:
        runs.append(len(runs))
        await gate.wait()

    runner = Runner("x", work)
    for _ in range(3):
        runner.wake()
        await asyncio.sleep(0)
    gate.set()
    for _ in range(5):
        await asyncio.sleep(0)
    await runner.drain()
    assert len(runs) == 2


async def test_a_runner_goes_on_after_a_failure_and_tells_that_it_came_round() -> None:
    turns: list[str] = []

    async def work() -> None:
        raise ValueError("odd")

    runner = Runner("x", work, turns.append)
    runner.wake()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    runner.wake()
    await runner.drain()
    assert turns == ["x", "x"]


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock, {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}


def test_systemd_hears_what_it_is_told(systemd: tuple[socket.socket, dict[str, str]]) -> None:
    sock, environ = systemd
    assert notify("READY=1", environ)
    assert sock.recv(100) == b"READY=1"
    assert watchdog_interval(environ) == 15


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": "/no/such"}])
def test_without_systemd_nothing_happens(environ: dict[str, str]) -> None:
    assert not notify("READY=1", environ)
    assert watchdog_interval({**environ, "WATCHDOG_USEC": "no number"}) is None


async def test_health_and_figures_are_served_on_loopback(tmp_path: Path) -> None:
    from monitor.daemon import World
    from monitor.daemon.daemon import Daemon
    from monitor.leaders import load
    from monitor.match import Matcher
    from tests.daemon.bed import plan, posts, written

    written(tmp_path, posts())
    registry = load()
    made = plan(tmp_path, "http://127.0.0.1:9", registry, Matcher(registry), more='[health]\nlisten = "127.0.0.1:0"\n')
    ready = asyncio.Event()
    daemon = Daemon(made, World(lambda: datetime.now(UTC), lambda: 0.5), lambda: made, lambda _: ready.set())
    running = asyncio.create_task(daemon.run())
    await asyncio.wait_for(ready.wait(), 20)
    assert daemon.endpoint is not None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{daemon.endpoint.port}", trust_env=False) as client:
        while b'hotline_findings_total{flagged="yes"} 3.0' not in (figures := (await client.get("/metrics")).content):  # noqa: ASYNC110 - figures raise no event
            await asyncio.sleep(0.02)
        health = await client.get("/healthz")
    daemon.stop()
    assert await running == 0
    assert health.json()["well"] is True
    assert b'hotline_accounts{state="watched"} 2.0' in figures
