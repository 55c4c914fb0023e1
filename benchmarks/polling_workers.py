"""The programs that `polling.py` measures, each as a process of its own: `polling_workers.py ROLE BASE COUNT FOLDER`.

Roles: `hotline` and `floor` poll COUNT feeds a few times and say what an idle cycle cost; `hotline-detect` and `floor-detect`
wait for a line on standard input, poll once, and are done when fifty webhooks are out; `bluesky` polls COUNT author feeds.
One JSON object a measured cycle on standard output.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sqlite3
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp

CYCLES = 5
AT_ONCE = 50
DETECTED = 50


def now() -> datetime:
    return datetime.now(UTC)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


class Clocks:
    """Wall and CPU time of one cycle."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), cpu()

    def say(self, count: int, **more: object) -> None:
        wall, used = time.monotonic() - self._wall, cpu() - self._cpu
        say(wall=round(wall, 4), per_second=round(count / wall), cpu_ms=round(1000 * used / count, 4), peak_mb=peak(), **more)


async def hotline(base: str, count: int, folder: Path, source: str = "feed") -> None:
    from monitor.http import Pace, source_client
    from monitor.model import Account, Notice
    from monitor.sources import Source
    from monitor.sources.bluesky import Bluesky, BlueskySettings
    from monitor.sources.feed import Feed, FeedSettings
    from monitor.stages.poll import Poll, Schedule
    from monitor.store import Store

    async def tell(notice: Notice) -> None:
        print(notice.text, file=sys.stderr)

    store = await Store.open(folder / "log.db", run="benchmark", clock=now)
    fetcher = source_client(now, connections=AT_ONCE, pace=Pace(at_once=AT_ONCE))
    made: Mapping[str, Source] = {
        "feed": Feed(FeedSettings(), fetcher),
        "bluesky": Bluesky(BlueskySettings(appview=base), fetcher),
    }
    poll = Poll(store, made, clock=now, rand=random.random, tell=tell, stored=lambda: None, schedule=Schedule(AT_ONCE))
    if source == "feed":
        accounts = [Account("feed", f"office{i}", every=30.0, options={"url": f"{base}/feed{i}.xml"}) for i in range(count)]
    else:
        accounts = [Account("bluesky", f"office{i}.example", id=f"did:plc:{i}", every=30.0) for i in range(count)]
    await poll.start(accounts)
    clocks = Clocks()
    assert await poll.once(), "the first cycle failed"
    clocks.say(count, cycle="first")
    for _ in range(CYCLES):
        clocks = Clocks()
        assert await poll.once(), "an idle cycle failed"
        clocks.say(count, cycle="idle")
    await poll.stop()
    await fetcher.close()
    await store.close()


class Floor:
    """A bare aiohttp loop with its validators in SQLite: what polling costs at least in this language."""

    def __init__(self, base: str, count: int, folder: Path, session: aiohttp.ClientSession) -> None:
        self.urls = [f"{base}/feed{i}.xml" for i in range(count)]
        self.db = sqlite3.connect(folder / "floor.db")
        self.db.execute("CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT, modified TEXT)")
        self.session = session

    async def cycle(self) -> list[tuple[str, bytes]]:
        """One poll of every feed; the bodies that changed."""
        known = {url: (etag, modified) for url, etag, modified in self.db.execute("SELECT * FROM feeds")}
        slots = asyncio.Semaphore(AT_ONCE)
        changed: list[tuple[str, bytes]] = []

        async def one(url: str) -> None:
            etag, modified = known.get(url, ("", ""))
            headers = {"If-None-Match": etag, "If-Modified-Since": modified} if etag else {}
            async with slots, self.session.get(url, headers=headers) as answer:
                if answer.status == 200:
                    changed.append((url, await answer.read()))
                    validators = (url, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
                    self.db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", validators)

        await asyncio.gather(*(one(url) for url in self.urls))
        self.db.commit()
        return changed


async def floor(base: str, count: int, folder: Path) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        loop = Floor(base, count, folder, session)
        clocks = Clocks()
        await loop.cycle()
        clocks.say(count, cycle="first")
        for _ in range(CYCLES):
            clocks = Clocks()
            await loop.cycle()
            clocks.say(count, cycle="idle")


async def floor_detect(base: str, count: int, folder: Path, sink: str) -> None:
    import feedparser

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        loop = Floor(base, count, folder, session)
        await loop.cycle()
        say(ready=True)
        await asyncio.to_thread(sys.stdin.readline)
        clocks = Clocks()
        for url, body in await loop.cycle():
            entry = feedparser.parse(body).entries[0]
            async with session.post(sink, json={"url": url, "title": entry.title}) as answer:
                await answer.read()
        clocks.say(count, cycle="detect")


CONFIG = """
[database]
path = "{folder}/log.db"
[schedule]
concurrency = {at_once}
per_host = {at_once}
jitter = 0.0
[limits]
flood = 100000
[channels.desk]
type = "webhook"
url = {{ file = "{folder}/sink" }}
secret = {{ file = "{folder}/secret" }}
allow_private = ["127.0.0.0/8"]
"""
ACCOUNT = """
[[account]]
source = "feed"
handle = "office{i}"
url = "{base}/feed{i}.xml"
country = "{country}"
kind = "foreign_ministry"
every = "30s"
"""


async def hotline_detect(base: str, count: int, folder: Path, sink: str) -> None:
    """The whole of Hotline in one process: poll, match, correlate, log, deliver."""
    from monitor.cli.assemble import plan_of
    from monitor.daemon import Crew, World
    from monitor.store import Store

    (folder / "sink").write_text(sink)
    (folder / "secret").write_text("whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    accounts = "".join(ACCOUNT.format(i=i, base=base, country="IN") for i in range(count))
    (folder / "config.toml").write_text(CONFIG.format(folder=folder, at_once=AT_ONCE) + accounts)
    plan = plan_of(str(folder / "config.toml"))
    store = await Store.open(folder / "log.db", run="benchmark", clock=now)
    crew = Crew(plan, store, World(now, random.random))
    await crew.poll.start(plan.config.accounts())
    deliver = asyncio.create_task(crew.deliver.run())
    assert await crew.poll.once(), "the first cycle failed"
    crew.triage.wake()
    for _ in range(600):
        if not await store.pending(1):
            break
        await asyncio.sleep(0.1)
    say(ready=True)
    await asyncio.to_thread(sys.stdin.readline)
    clocks = Clocks()
    await crew.poll.once()
    clocks.say(count, cycle="detect")
    await asyncio.to_thread(sys.stdin.readline)  # until the sink has seen what it waits for
    await crew.drain()
    deliver.cancel()
    await store.close()


def main() -> None:
    role, base, count, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    match role:
        case "hotline":
            asyncio.run(hotline(base, count, folder))
        case "bluesky":
            asyncio.run(hotline(base, count, folder, "bluesky"))
        case "floor":
            asyncio.run(floor(base, count, folder))
        case "floor-detect":
            asyncio.run(floor_detect(base, count, folder, sys.argv[5]))
        case "hotline-detect":
            asyncio.run(hotline_detect(base, count, folder, sys.argv[5]))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
