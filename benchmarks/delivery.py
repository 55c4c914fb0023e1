"""1,000 alerts to ten channels, one of them dead, one slow: when do the healthy eight have them all?

    python benchmarks/delivery.py [--alerts 1000] [--peer-alerts 200] [--slow 0.2] [--interval 0.1] [--json FILE]

Hotline runs eight healthy channels as fast as it goes; then at a pace (ten messages a second and channel, which is more than
any vendor allows), alone and with the dead and the slow one beside them; then the dead one comes back, and it is counted
whether anything was lost or came twice. Beside it, on the same sinks and in the same run, apprise
(if installed) and Prometheus Alertmanager (if `prometheus-alertmanager` is on the PATH), on fewer alerts where they are slow.
The sinks are a process of their own. Every figure printed was measured in this run. Exits 1 if Hotline lost an alert.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from monitor.channels import channels
from monitor.channels.base import Tools
from monitor.config import Secret
from monitor.decision import Decision, NewAlert, NewDelivery, Reader
from monitor.http import Guard, channel_client
from monitor.model import Message, Notice
from monitor.stages.deliver import Deliver
from monitor.stages.outbox import Destination
from monitor.store import Store

HEALTHY, DEAD, SLOW = range(8), 8, 9
NUMBER = re.compile(rb"alert-(\d+)-")


class Sinks:
    """Ten HTTP receivers that remember which alerts they got. The dead one refuses connections until it is revived."""

    def __init__(self, slow: float) -> None:
        self.slow = slow
        self.got: list[Counter[int]] = [Counter() for _ in range(10)]
        self.at: list[float] = [0.0] * 10
        self.ports: list[int] = []

    async def serve(self) -> None:
        for i in range(10):
            server = await asyncio.start_server(partial(self._talk, i), "127.0.0.1", 0)
            self.ports.append(server.sockets[0].getsockname()[1])
            if i == DEAD:
                server.close()
                await server.wait_closed()
        control = await asyncio.start_server(self._control, "127.0.0.1", 0)
        print(json.dumps({"ports": self.ports, "control": control.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.Event().wait()

    async def _talk(self, i: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                body = await _request(reader)
                if i == SLOW:
                    await asyncio.sleep(self.slow)
                self.got[i].update({int(n) for n in NUMBER.findall(body)})
                self.at[i] = time.monotonic()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = (await _request(reader)).decode()
        if command == "reset":
            self.got = [Counter() for _ in range(10)]
        if command == "revive":
            self.slow = 0.0
            await asyncio.start_server(partial(self._talk, DEAD), "127.0.0.1", self.ports[DEAD])
        told = {"distinct": [len(c) for c in self.got], "all": [sum(c.values()) for c in self.got], "at": self.at}
        content = json.dumps(told).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))
        await writer.drain()
        writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    return await reader.readexactly(int(found[1]) if found else 0)


class Far:
    """The sinks' process, from here."""

    def __init__(self, slow: float) -> None:
        self._process = subprocess.Popen([sys.executable, __file__, "--sinks", str(slow)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.urls = [f"http://127.0.0.1:{port}/" for port in told["ports"]]
        self._control = f"http://127.0.0.1:{told['control']}/"

    def tell(self, command: str = "look") -> dict[str, Any]:
        with urllib.request.urlopen(self._control, data=command.encode(), timeout=30) as answer:  # noqa: S310 - our own loopback
            found: dict[str, Any] = json.load(answer)
        return found

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def now() -> datetime:
    return datetime.now(UTC)


def alert(number: int, names: list[str]) -> NewAlert:
    headline = f"alert-{number}- Trump – Modi: call, happened · very likely"
    message = Message("new", f"c{number}", headline, ("No official readout yet.",), "President Trump just spoke with Prime Minister Modi.",
                      ((16, 26),), "English", "Sergio Gor · did:plc:abc", "https://bsky.app/profile/x/post/3k")  # fmt: skip
    return NewAlert("new", message, None, "benchmark", tuple(NewDelivery(name) for name in names))


async def hotline(far: Far, chosen: list[int], alerts: int, interval: float, *, to_the_end: bool) -> dict[str, Any]:
    """All alerts committed at once, then delivered. Seconds until the healthy channels have all of them."""
    far.tell("reset")

    def reveal(_: Secret) -> str:
        raise AssertionError("no secrets here")

    clients = [channel_client(Guard(allow=True)) for _ in chosen]
    made = channels()["webhook"]
    names = [f"channel{i}" for i in chosen]
    built = [
        made(n, made.Settings(url=far.urls[i]), Tools(c, reveal, now)) for n, i, c in zip(names, chosen, clients, strict=True)
    ]
    notices: list[Notice] = []

    async def tell(notice: Notice) -> None:
        notices.append(notice)

    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder) / "log.db", run="benchmark", clock=now)
        for start in range(0, alerts, 100):
            batch = tuple(alert(n, names) for n in range(start, min(start + 100, alerts)))
            await store.apply(partial(_decided, Decision(alerts=batch)), now())
        stage = Deliver(store, [Destination(c, min_interval=interval) for c in built], clock=now, rand=random.random, tell=tell)
        began = time.monotonic()
        task = asyncio.create_task(stage.run())
        found = await _until(far, lambda told: min(told["distinct"][i] for i in HEALTHY) >= alerts, 600)
        result: dict[str, Any] = {"seconds": max(found["at"][i] for i in HEALTHY) - began, "delivered": found["distinct"]}
        if to_the_end:
            far.tell("revive")
            found = await _until(far, lambda told: min(told["distinct"]) >= alerts, 1800)
            result |= {"at the end": found["distinct"], "received in all": found["all"], "notices": len(notices)}
        await stage.stop()
        await task
        await store.close()
    for client in clients:
        await client.aclose()
    return result


def _decided(decision: Decision, _: Reader) -> Decision:
    return decision


async def _until(far: Far, done: Any, limit: float) -> dict[str, Any]:
    end = time.monotonic() + limit
    while True:
        told = await asyncio.to_thread(far.tell)
        if done(told) or time.monotonic() > end:
            return told
        await asyncio.sleep(0.05)


def by_apprise(far: Far, alerts: int) -> dict[str, Any] | None:
    """One notify an alert to all ten addresses, as its documents show."""
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        return None
    logging.getLogger("apprise").disabled = True
    far.tell("reset")
    service = apprise.Apprise()
    for url in far.urls:
        service.add(url.replace("http://", "json://"))
    began, failed = time.monotonic(), 0
    for n in range(alerts):
        failed += not service.notify(title=f"alert-{n}- call", body="President Trump just spoke with Prime Minister Modi.")
    told = far.tell()
    return {"alerts": alerts, "seconds": time.monotonic() - began, "delivered": told["distinct"], "said no": failed}


@contextmanager
def _alertmanager(far: Far, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    receivers = [{"name": f"r{i}", "webhook_configs": [{"url": url, "send_resolved": False}]} for i, url in enumerate(far.urls)]
    routes = [{"receiver": f"r{i}", "continue": True} for i in range(10)]
    top = {
        "receiver": "r0",
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "5s",
        "repeat_interval": "4h",
        "routes": routes,
    }
    (folder / "am.yml").write_text(json.dumps({"route": top, "receivers": receivers}))  # JSON is YAML
    (folder / "default.tmpl").write_text("")
    command = ["prometheus-alertmanager", f"--config.file={folder}/am.yml", f"--storage.path={folder}/data", "--cluster.listen-address=",
               f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{base}/-/ready", timeout=1).close()  # noqa: S310 - our own loopback
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(10)


def by_alertmanager(far: Far, alerts: int, limit: float = 120.0) -> dict[str, Any] | None:
    """All alerts posted at once, each a group of its own, each to ten webhooks."""
    if not shutil.which("prometheus-alertmanager"):
        return None
    far.tell("reset")
    with tempfile.TemporaryDirectory() as folder, _alertmanager(far, Path(folder)) as base:
        batch = [{"labels": {"alertname": f"alert-{n}-"}, "annotations": {"summary": "call"}} for n in range(alerts)]
        request = urllib.request.Request(  # noqa: S310 - our own loopback
            f"{base}/api/v2/alerts", json.dumps(batch).encode(), {"Content-Type": "application/json"}
        )
        began = time.monotonic()
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - our own loopback
        told = far.tell()
        while min(told["distinct"][i] for i in HEALTHY) < alerts and time.monotonic() - began < limit:
            time.sleep(0.05)
            told = far.tell()
    return {"alerts": alerts, "seconds": max(told["at"][i] for i in HEALTHY) - began, "delivered": told["distinct"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--peer-alerts", type=int, default=200)
    parser.add_argument("--slow", type=float, default=0.2, help="seconds that the slow channel takes for each answer")
    parser.add_argument(
        "--interval", type=float, default=0.1, help="seconds between two messages of a channel, where isolation is measured"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sinks", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sinks is not None:
        asyncio.run(Sinks(options.sinks).serve())
        return 0
    logging.disable(logging.ERROR)
    far = Far(options.slow)
    try:
        results = measure(far, options)
    finally:
        far.close()
    report(results, options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 1 if min(results["hotline"]["at the end"]) < options.alerts else 0


def measure(far: Far, options: argparse.Namespace) -> dict[str, Any]:
    """The peers first, while the dead channel is dead; Hotline's last run ends with its return."""
    alerts, interval = options.alerts, options.interval
    results: dict[str, Any] = {"apprise": by_apprise(far, options.peer_alerts), "alertmanager": by_alertmanager(far, alerts)}
    results["fast"] = asyncio.run(hotline(far, list(HEALTHY), alerts, 0.0, to_the_end=False))
    results["alone"] = asyncio.run(hotline(far, list(HEALTHY), alerts, interval, to_the_end=False))
    results["hotline"] = asyncio.run(hotline(far, list(range(10)), alerts, interval, to_the_end=True))
    return results


def report(results: dict[str, Any], options: argparse.Namespace) -> None:
    alerts, fast = options.alerts, results["fast"]["seconds"]
    alone, beside = results["alone"]["seconds"], results["hotline"]["seconds"]
    print(f"{alerts} alerts; load of this machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(
        f"Hotline, 8 healthy channels, as fast as it goes:      {fast:7.1f} s ({8 * alerts / fast:.0f} deliveries/s, each committed twice)"
    )
    print(f"Hotline, 8 healthy channels, {options.interval:g} s between messages:  {alone:7.1f} s")
    print(f"Hotline, the same beside a dead and a slow channel:   {beside:7.1f} s ({(beside / alone - 1) * 100:+.1f} %)")
    end = results["hotline"]
    lost = [alerts - n for n in end["at the end"]]
    twice = [a - n for a, n in zip(end["received in all"], end["at the end"], strict=True)]
    print(f"  then the dead one came back: lost per channel {lost}, received twice {twice}")
    for name in ("apprise", "alertmanager"):
        peer = results[name]
        if peer is None:
            print(f"{name}: not installed")
            continue
        lost = [peer["alerts"] - n for n in peer["delivered"]]
        print(
            f"{name}, {peer['alerts']} alerts, until the healthy 8 had what they got: {peer['seconds']:7.1f} s; missing per channel {lost}"
        )


if __name__ == "__main__":
    sys.exit(main())
