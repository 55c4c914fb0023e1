"""A bed for the whole pipeline in one process: the real store, stages and matcher, a file of posts, a real receiver."""

from __future__ import annotations

import asyncio
import inspect
import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.cli.assemble import check_parts
from monitor.config import load
from monitor.daemon import Crew, Plan, World
from monitor.leaders import Registry
from monitor.match import Matcher
from monitor.store import Store

CONFIG = """
[schedule]
jitter = 0.0
[limits]
alert_age = "9000d"
[sources.jsonl]
path = "{folder}/posts.jsonl"
[channels.keyed]
type = "webhook"
url = {{ file = "{folder}/keyed" }}
secret = {{ file = "{folder}/secret" }}
allow_private = ["127.0.0.0/8"]
[channels.keyless]
type = "mattermost"
url = {{ file = "{folder}/keyless" }}
allow_private = ["127.0.0.0/8"]
[[account]]
source = "jsonl"
handle = "envoy"
country = "US"
kind = "mission"
office = "ambassador"
[[account]]
source = "jsonl"
handle = "india"
country = "IN"
kind = "leader"
office = "head_of_government"
"""


def posts() -> list[dict[str, Any]]:
    """A first word, something else, the other side's confirmation, and an edit of the first word that says the same."""
    said = "Just now President Trump and Prime Minister Modi spoke by phone."
    return [
        {"id": "1", "account": "envoy", "text": said, "created_at": "2026-05-02T10:00:00Z"},
        {"id": "2", "account": "envoy", "text": "Our visa section is closed on Monday.", "created_at": "2026-05-02T10:01:00Z"},
        {"id": "3", "account": "india", "text": "Had a warm phone call with President Trump.", "created_at": "2026-05-02T10:05:00Z"},
        {"id": "1", "account": "envoy", "text": said + " More soon.", "version": "b", "created_at": "2026-05-02T10:00:00Z"},
    ]


def written(folder: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    (folder / "posts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


class Ticking:
    """A clock that moves on a little whenever it is asked."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 2, 10, 6, tzinfo=UTC).timestamp()

    def __call__(self) -> datetime:
        self.at += 0.001
        return datetime.fromtimestamp(self.at, UTC)


def plan(folder: Path, receiver: str, registry: Registry, matcher: Matcher, more: str = "") -> Plan:
    (folder / "keyed").write_text(f"{receiver}/keyed", "utf-8")
    (folder / "keyless").write_text(f"{receiver}/hooks/keyless", "utf-8")
    (folder / "secret").write_text("whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==", "utf-8")
    config = load(more + CONFIG.format(folder=folder))
    parts = check_parts(config)

    def reveal(secret: Any) -> str:
        return str(secret.reveal({}, lambda path: Path(path).read_text("utf-8")))

    return Plan(config, folder / "config.toml", folder / "log.db", parts.sources, parts.channels, registry, matcher, reveal)


class Crash(BaseException):
    """The end of the process, as far as one process can play it."""


class Mortal:
    """A store that dies at its n-th call, before or after the call is carried out, and stays dead."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, at, after
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            self._left -= 1
            if self._left < 0 or (self._left == 0 and not self._after):
                raise Crash(name)
            result = await found(*args, **kwargs)
            if self._left == 0:
                raise Crash(name)
            return result

        return call


async def pass_once(run: Plan, clock: Ticking, at: int = 1 << 30, *, after: bool = False) -> list[str]:
    """One pass that dies at its `at`-th call of the store, or ends. Returns the calls that were made."""
    store = await Store.open(run.database, run=f"run {clock.at}", clock=clock)
    mortal = Mortal(store, at, after=after)
    crew = Crew(run, mortal, World(clock, lambda: 0.5))  # type: ignore[arg-type]  # it is a store but for its mortality
    try:
        await crew.once(20.0)
        await crew.drain()
    except Crash:
        await _buried(crew)
    finally:
        await store.close()
    return mortal.calls


async def _buried(crew: Crew) -> None:
    """Nothing of the crew lives on, whatever state it was in."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await crew.close()


def told(database: Path) -> dict[str, Any]:
    """What the log came to, without what may differ between runs."""
    with sqlite3.connect(database) as db:
        return {
            "posts": db.execute("SELECT key, revision FROM posts ORDER BY key").fetchall(),
            "contacts": db.execute("SELECT id, names, mode, status, sides FROM contacts ORDER BY id").fetchall(),
            "alerts": db.execute("SELECT kind, contact, headline FROM alerts ORDER BY id").fetchall(),
            "deliveries": db.execute("SELECT channel, state FROM deliveries ORDER BY id").fetchall(),
        }


def arrived(requests: Sequence[Any]) -> tuple[Counter[str], list[str]]:
    """The keys that the keyed channel's receiver got, how often each; and what the keyless one's was told, in order."""
    keyed = Counter(request.headers["webhook-id"] for request in requests if request.path == "/keyed")
    return keyed, [str(json.loads(r.body)) for r in requests if r.path != "/keyed"]
