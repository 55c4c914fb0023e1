"""A disk that is full, read-only or broken, a database that another program holds: told, survived, nothing lost or doubled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.match import Matcher
from monitor.store import StoreCorrupt, StoreError
from monitor.store.backup import backup
from monitor.store.recover import recover
from tests.faults.bed import START, Hand, Process, Stopwatch, alerts, claim, counted, pairs, plan, process, quick, rows, say
from tests.faults.tally import record
from tests.real.receiver import Receiver

Broken = Callable[[], Any]


class Seam:
    """The store's connection, kept so that a test can take the disk away under it; it waits 20 ms for a lock, not 5 s."""

    def __init__(self) -> None:
        self.connections: list[sqlite3.Connection] = []

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        self.connections.append(quick(*args, **{**options, "timeout": 0.02}))
        return self.connections[-1]

    def pragma(self, words: str) -> int:
        row = self.connections[-1].execute(f"PRAGMA {words}").fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def full(self, _: Path) -> Any:
        self.pragma(f"max_page_count = {self.pragma('page_count')}")
        yield
        self.pragma("max_page_count = 1000000")

    @contextmanager
    def read_only(self, _: Path) -> Any:
        self.pragma("query_only = ON")
        yield
        self.pragma("query_only = OFF")

    @contextmanager
    def locked(self, database: Path) -> Any:
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()


async def attempts(running: Process, hand: Hand, seconds: int) -> int:
    """Looks, every five seconds, for as long as the fault lasts; how many failed."""
    failed = 0
    for _ in range(seconds // 5):
        hand.on(5)
        try:
            failed += not await running.look(0.2)
        except StoreError as error:
            assert str(error).count(". ") >= 1, "what happened, and what to do"
            failed += 1
    return failed


@pytest.mark.parametrize("fault", ["full", "read_only", "locked"])
async def test_while_nothing_can_be_written_nothing_is_lost_and_it_goes_on_by_itself(
    tmp_path: Path, receiver: Receiver, matcher: Matcher, fault: str
) -> None:
    hand, seam = Hand(), Seam()
    made = plan(tmp_path, receiver.url, matcher)
    injected, slowest = 0, 0.0
    async with process(made, hand, seam.connect) as running:
        for number, (a, b) in enumerate(pairs()):
            with getattr(seam, fault)(made.database):
                # Long words, so that a full disk has no room for them in a page that is there already.
                say(tmp_path, claim(a, b, START + timedelta(minutes=number), more=" We also spoke of trade." * 400))
                assert await attempts(running, hand, 35) == 7
                injected += 7
                assert len(alerts(made.database)) == number
            hand.on(60)
            watch = Stopwatch()
            assert await running.look()
            slowest = max(slowest, watch())
            assert len(alerts(made.database)) == number + 1
    assert rows(made.database, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    names = {"full": "disk full", "read_only": "read-only file system", "locked": "database locked by another program for 35 s"}
    record(counted(names[fault], injected, made.database, receiver.requests, slowest))


async def test_the_word_that_an_alert_was_sent_is_kept_until_it_can_be_written(tmp_path: Path, receiver: Receiver, matcher: Matcher) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher)
    blocked: list[str] = []

    class Between(sqlite3.Connection):
        """Locked by another program from the moment at which an alert was claimed, for the next three writes."""

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "BEGIN IMMEDIATE" and blocked and receiver.requests:
                blocked.pop()
                raise sqlite3.OperationalError("database is locked")
            return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *values)

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        opened: sqlite3.Connection = sqlite3.connect(*args, factory=Between, **options)
        return opened

    async with process(made, hand, connect) as running:
        say(tmp_path, claim("FR", "DE", START))
        blocked += ["first", "second", "third"]
        assert await running.look()
    assert not blocked
    record(counted("database locked between send and mark", 3, made.database, receiver.requests))


async def test_a_damaged_log_is_refused_and_recovered_and_every_alert_arrives(tmp_path: Path, receiver: Receiver, matcher: Matcher) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher)
    (tmp_path / "kept").mkdir()
    injected, slowest = 0, 0.0
    for number, (a, b) in enumerate(pairs()):
        say(tmp_path, claim(a, b, START + timedelta(minutes=number)))
        async with process(made, hand) as running:
            await running.look()
        kept = backup(made.database, tmp_path / "kept" / f"{number}.db")
        say(tmp_path, claim(b, a, START + timedelta(minutes=number, seconds=20)))  # comes while the log is damaged
        data = bytearray(made.database.read_bytes())
        start = 4096 * (number * 7 % (len(data) // 4096))
        data[start : start + 600] = b"\xff" * 600
        made.database.write_bytes(data)
        injected += 1
        hand.on(60)
        watch = Stopwatch()
        try:
            async with process(made, hand) as running:
                await running.look()
        except StoreCorrupt as error:
            assert "hotline recover" in str(error)
        recover(made.database, [kept], hand())
        async with process(made, hand) as running:
            assert await running.look()
        slowest = max(slowest, watch())
        assert rows(made.database, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert len(rows(made.database, "SELECT id FROM contacts")) == 6
    assert sorted(kind for _, kind in alerts(made.database)) == ["confirmed"] * 6 + ["new"] * 6
    record(counted("database damaged, then `recover`", injected, made.database, receiver.requests, slowest))
