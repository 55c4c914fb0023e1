"""Writes that share a commit: each whole or not at all, and none answered before it is on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlite_utils import Database

from monitor.store.group import MOST, Group


class Bed:
    """A database in autocommit, as the store opens it, with the group that writes to it."""

    def __init__(self, path: Path) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.path = path
        self.commits = 0
        self.db = self.thread.submit(self._open).result()
        self.group = Group(self.db, self.thread)

    def _open(self) -> Database:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.set_trace_callback(lambda sql: setattr(self, "commits", self.commits + (sql == "COMMIT")))
        db = Database(connection)
        db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        return db

    def add(self, *numbers: int) -> int:
        for n in numbers:
            self.db.execute("INSERT INTO t VALUES (?)", [n])
        return numbers[-1]

    def seen(self) -> list[int]:
        with sqlite3.connect(self.path) as other:
            return [row[0] for row in other.execute("SELECT n FROM t ORDER BY n")]

    async def together(self, *jobs: Callable[[], object]) -> list[object]:
        """All jobs waiting before the first begins."""
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        held = self.thread.submit(lambda: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result())
        waiting = [asyncio.ensure_future(self.group.write(job)) for job in jobs]
        await asyncio.sleep(0)
        gate.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        held.result()
        return list(results)


@pytest.fixture
async def bed(tmp_path: Path) -> AsyncIterator[Bed]:
    made = Bed(tmp_path / "t.db")
    yield made
    made.thread.submit(made.db.close).result()
    made.thread.shutdown()


async def test_writes_that_wait_together_are_committed_together_in_order(bed: Bed) -> None:
    assert await bed.together(*(lambda n=n: bed.add(n) for n in range(10))) == list(range(10))
    assert bed.commits == 1
    assert bed.seen() == list(range(10))


async def test_one_that_fails_is_undone_alone(bed: Bed) -> None:
    results = await bed.together(lambda: bed.add(1), lambda: bed.add(2, 3, 1), lambda: bed.add(4))
    assert (results[0], results[2]) == (1, 4)
    assert isinstance(results[1], sqlite3.IntegrityError)
    assert bed.seen() == [1, 4]


async def test_an_error_that_undoes_the_transaction_is_told_to_all_of_them(bed: Bed) -> None:
    def full() -> None:
        bed.db.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    results = await bed.together(lambda: bed.add(1), full, lambda: bed.add(2))
    assert all(isinstance(result, sqlite3.OperationalError) for result in results)
    assert bed.seen() == []
    assert await bed.group.write(lambda: bed.add(3)) == 3


async def test_a_write_alone_is_undone_by_its_own_error(bed: Bed) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await bed.group.write(lambda: bed.add(1, 1))
    assert bed.seen() == []


async def test_a_crowd_is_split_and_all_of_it_written(bed: Bed) -> None:
    count = MOST * 2 + 1
    await bed.together(*(lambda n=n: bed.add(n) for n in range(count)))
    assert bed.commits == 3
    assert bed.seen() == list(range(count))


async def test_a_write_that_was_cancelled_while_it_waited_is_not_carried_out(bed: Bed) -> None:
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    bed.thread.submit(lambda: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result())
    first = asyncio.ensure_future(bed.group.write(lambda: bed.add(1)))
    second = asyncio.ensure_future(bed.group.write(lambda: bed.add(2)))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert await second == 2
    assert bed.seen() == [2]
