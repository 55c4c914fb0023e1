"""Power loss: what the disk held at one moment is all there is.

SQLite in WAL mode with synchronous=FULL flushes the log at every commit, so what was committed is on the disk, and what
was not may be there in part. The promise: whatever was committed is found again, nothing that was half written is, and the
pipeline goes on to the same contacts and alerts; a repeat is marked. A disk that lies about having written can lose the last
commits: then the log stands at an earlier commit, whole, its cursors not ahead of its posts, and nothing is lost, but what was
sent in the lost part is sent again and Hotline cannot know.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.daemon import Plan
from monitor.match import Matcher
from monitor.store import Store
from monitor.store.database import Connect
from tests.faults.bed import START, Hand, Stopwatch, alerts, claim, counted, pairs, plan, process, quick, rows, say
from tests.faults.tally import Tally, record
from tests.real.receiver import Receiver

SAMPLED = 24
EVERY = 0.1
"""Share of the statements before which a picture is taken."""


class Camera:
    """A connection of the store that copies database and log before a statement, as they then stand on the disk."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.folder, self.receiver = folder, receiver
        self.shots: list[tuple[Path, int]] = []
        self.rng, self.statements = random.Random(3), 0

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        connection = quick(*args, **options)
        connection.execute("PRAGMA cache_spill = 5")  # uncommitted pages reach the log, as they do in a large transaction
        connection.set_trace_callback(lambda _: self.shoot(Path(args[0])))
        return connection

    def shoot(self, path: Path) -> None:
        self.statements += 1
        if self.rng.random() > EVERY:
            return
        into = self.folder / str(len(self.shots))
        into.mkdir(parents=True)
        for name in (path.name, path.name + "-wal"):
            if path.with_name(name).exists():
                shutil.copyfile(path.with_name(name), into / name)
        self.shots.append((into, len(self.receiver.requests)))


async def told(made: Plan, hand: Hand, tmp_path: Path, connect: Connect) -> None:
    """All governments speak, each pair's second word a look after the first; one post is taken back."""
    async with process(made, hand, connect) as running:
        for turn, (a, b) in enumerate(pairs()):
            say(tmp_path, claim(a, b, START + timedelta(minutes=turn)))
            if turn % 2:
                say(tmp_path, claim(b, a, START + timedelta(minutes=turn, seconds=30)))
            if turn == 4:
                say(tmp_path, {"id": "FR-DE", "account": "fr", "deleted": True})
            await running.look()
            hand.on(1)


def state(database: Path) -> tuple[Any, ...]:
    return (
        sorted(alerts(database)),
        sorted((sorted(row["names"].split(" – ")), row["status"]) for row in rows(database, "SELECT names, status FROM contacts")),
        rows(database, "SELECT key, revision FROM posts ORDER BY key"),
    )


def sound(database: Path) -> None:
    assert rows(database, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert rows(database, "PRAGMA foreign_key_check") == []


@pytest.fixture
def filmed(tmp_path: Path, receiver: Receiver, matcher: Matcher) -> tuple[Plan, Camera]:
    made = plan(tmp_path, receiver.url, matcher)
    camera = Camera(tmp_path / "shots", receiver)
    asyncio.run(told(made, Hand(), tmp_path, camera.connect))
    assert len(alerts(made.database)) == 10, "six pairs, three answered, one taken back"
    return made, camera


def test_after_a_power_loss_at_any_statement_what_was_committed_is_there_and_nothing_is_lost(
    filmed: tuple[Plan, Camera], receiver: Receiver
) -> None:
    made, camera = filmed
    whole, sent = state(made.database), list(receiver.requests)
    moments = random.Random(3).sample(camera.shots, min(SAMPLED, len(camera.shots)))
    tallies, slowest = [], 0.0
    for shot, before in moments:
        receiver.requests[:] = sent[:before]
        again = replace(made, database=shot / "log.db")
        hand, watch = Hand(), Stopwatch()
        hand.on(600)

        async def goes_on(again: Plan = again, hand: Hand = hand) -> None:
            async with process(again, hand) as running:
                await running.look()

        asyncio.run(goes_on())
        slowest = max(slowest, watch())
        sound(again.database)
        assert state(again.database) == whole, f"power lost before statement {shot.name}"
        tallies.append(counted("power loss", 1, again.database, receiver.requests))
    record(_sum("power loss (disk as it was at a statement)", tallies, slowest))


def test_a_disk_that_lost_the_end_of_the_log_leaves_an_earlier_commit_and_nothing_lost(
    filmed: tuple[Plan, Camera], receiver: Receiver, tmp_path: Path
) -> None:
    made, camera = filmed
    whole, rng = state(made.database), random.Random(5)
    late, _ = camera.shots[-3]
    log = (late / "log.db-wal").read_bytes()
    tallies, slowest = [], 0.0
    for number in range(SAMPLED // 2):
        folder = tmp_path / f"cut-{number}"
        folder.mkdir()
        shutil.copyfile(late / "log.db", folder / "log.db")
        torn = rng.randbytes(rng.choice((0, 100, 5000)))
        (folder / "log.db-wal").write_bytes(log[: rng.randrange(len(log))] + torn)
        again = replace(made, database=folder / "log.db")
        receiver.requests.clear()
        hand, watch = Hand(), Stopwatch()
        hand.on(600)

        async def goes_on(again: Plan = again, hand: Hand = hand) -> None:
            async with process(again, hand) as running:
                await running.look()

        asyncio.run(goes_on())
        slowest = max(slowest, watch())
        sound(again.database)
        assert state(again.database) == whole, f"log cut: {folder}"
        states = {row["state"] for row in rows(again.database, "SELECT state FROM deliveries")}
        assert states == {"sent"}
        tallies.append(_only_since(again, receiver))
    record(_sum("log cut short by a lying disk", tallies, slowest))


async def test_every_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "log.db", run="r", clock=Hand())
    asked = [store._db.conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    await store.close()
    assert asked == ["wal", 2], "2 is FULL"


def _only_since(again: Plan, receiver: Receiver) -> Tally:
    """Of the alerts that the cut log did not know as sent, each arrived; those it knew had arrived before."""
    keys = {request.headers["webhook-id"] for request in receiver.requests if request.path == "/keyed" and request.accepted}
    late = rows(again.database, "SELECT key FROM deliveries WHERE channel = 'keyed' AND run = (SELECT MAX(run) FROM deliveries)")
    lost = sum(row["key"] not in keys for row in late if row["key"] is not None) if keys else 0
    return Tally("", 1, len(late), lost, 0)


def _sum(fault: str, tallies: list[Tally], slowest: float) -> Tally:
    total = [sum(getattr(tally, name) for tally in tallies) for name in ("injected", "alerts", "lost", "doubled", "marked")]
    return Tally(fault, total[0], total[1], total[2], total[3], total[4], slowest)
