"""What it costs to poll many accounts in which nothing changed, and how fast a change is told.

    python benchmarks/polling.py [--feeds 1000 5000] [--rounds 3] [--peers]

Feeds and author feeds are served by nginx on loopback (`apt-get install nginx-light`). Every program measured is a process of its
own; rounds are interleaved, and medians shown. `floor` is a bare aiohttp loop that keeps its validators in SQLite. In the detection
run 50 of 1,000 feeds gain an item that announces a call; times are from the start of the cycle to the first and last webhook at the
receiver, through Hotline's matcher, log and outbox (the floor only parses and posts). `--peers` installs other watchers from the
package registry, each in an environment of its own, and lets them poll the same feeds.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.polling_peers import PEERS, install
from benchmarks.polling_site import Site, bluesky_feeds, serving
from monitor.leaders import load

HERE = Path(__file__).resolve().parent
CHANGED = 50


def worker(role: str, site: Site, folder: Path, *more: str, **kwargs: Any) -> subprocess.Popen[str]:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(HERE / "polling_workers.py"), role, site.base, str(site.count), str(folder), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **kwargs)


def idle(role: str, site: Site, folder: Path) -> list[dict[str, Any]]:
    """The idle cycles of one run."""
    running = worker(role, site, folder)
    out, _ = running.communicate(timeout=900)
    if running.returncode:
        raise SystemExit(f"{role} failed")
    return [facts for line in out.splitlines() if (facts := json.loads(line))["cycle"] == "idle"]


def detect(role: str, site: Site, folder: Path) -> tuple[float, float, float]:
    """Seconds from the start of the cycle to the first and the last webhook, and to the end of the cycle."""
    running = worker(role, site, folder, f"{site.base}/hook", stdin=subprocess.PIPE)
    assert running.stdin is not None
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["ready"]
    before = len(site.arrivals())
    changed = random.sample(range(site.count), CHANGED)
    for number, (title, text) in zip(changed, announcements(), strict=True):
        site.add(number, title, text)
    start = time.time()
    running.stdin.write("go\n")
    running.stdin.flush()
    facts = json.loads(running.stdout.readline())
    end = time.monotonic() + 30
    while len(site.arrivals()) < before + CHANGED and time.monotonic() < end:
        time.sleep(0.02)
    running.stdin.write("done\n")
    running.stdin.close()
    running.wait(30)
    for number in changed:
        site.reset(number)
    arrivals = sorted(site.arrivals()[before:])
    if len(arrivals) < CHANGED:
        raise SystemExit(f"{role}: only {len(arrivals)} of {CHANGED} webhooks arrived")
    return arrivals[0] - start, arrivals[CHANGED - 1] - start, facts["wall"]


def announcements() -> Iterator[tuple[str, str]]:
    """Fifty calls, each of a pair of its own."""
    registry, today = load(), datetime.now(UTC).date()
    terms = [registry.resolve(country, "head_of_government", today) for country in registry.countries()]
    names = [term.name for term in terms if term is not None]
    for number in range(CHANGED):
        pair = f"{names[number]} and {names[number + 1]}"
        yield f"Phone call between {pair}", f"{pair} spoke by phone today."


def table(title: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    print(f"\n{title}\n{'':24}{'polls/s':>9}{'wall s':>9}{'CPU ms a poll':>15}{'peak MB':>9}")
    for name, cycles in rows.items():
        if not cycles:
            continue
        figures = [median(cycle[key] for cycle in cycles) for key in ("per_second", "wall", "cpu_ms", "peak_mb")]
        print(f"{name:24}{figures[0]:>9.0f}{figures[1]:>9.2f}{figures[2]:>15.3f}{figures[3]:>9.0f}", flush=True)


def rounds(count: int, roles: dict[str, Callable[[Path], list[dict[str, Any]]]], folder: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {role: [] for role in roles}
    for number in range(count):
        for role, run in roles.items():
            try:
                found[role] += run(folder / f"{role}-{number}")
            except subprocess.SubprocessError as failure:
                print(f"{role} failed: {failure}")
    return found


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="polling-") as folder:
        yield Path(folder)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, nargs="+", default=[1000, 5000])
    options.add_argument("--bluesky", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--peers", action="store_true", help="install and measure other watchers")
    options.add_argument("--no-detect", action="store_true")
    asked = options.parse_args()
    with scratch() as folder:
        peers = [peer for peer in PEERS if install(peer, folder / "peers")] if asked.peers else []
        for count in asked.feeds:
            with serving(folder / f"site{count}", count) as site:
                roles: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
                    name: lambda place, name=name: idle(name, site, place)  # type: ignore[misc]
                    for name in ("floor", "hotline")
                }
                for peer in peers:
                    roles[peer.name] = lambda place, peer=peer: peer.idle(site, place, folder / "peers")  # type: ignore[misc]
                table(f"{count:,} feeds, idle", rounds(asked.rounds, roles, folder / f"runs{count}"))
                if count == asked.feeds[0] and not asked.no_detect:
                    detection(site, asked.rounds, folder / "detect")
        with serving(folder / "bluesky", 0) as site:
            authors = bluesky_feeds(site, asked.bluesky)
            found = rounds(asked.rounds, {"hotline": lambda place: idle("bluesky", authors, place)}, folder / "bsky")
            table(f"{asked.bluesky:,} Bluesky accounts, idle", found)


def detection(site: Site, count: int, folder: Path) -> None:
    print(f"\n{CHANGED} of {site.count:,} feeds gain an item\n{'':24}{'first s':>9}{'last s':>9}{'cycle s':>9}")
    found: dict[str, list[tuple[float, float, float]]] = {"floor": [], "hotline": []}
    for number in range(count):
        for name, runs in found.items():
            runs.append(detect(f"{name}-detect", site, folder / f"{name}{number}"))
    for name, runs in found.items():
        first, last, cycle = (median(run[place] for run in runs) for place in range(3))
        print(f"{name:24}{first:>9.2f}{last:>9.2f}{cycle:>9.2f}", flush=True)


if __name__ == "__main__":
    main()
