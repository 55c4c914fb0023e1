"""What is wrong with the disk or the file is said in one line with its remedy, costs nothing that is written, and passes."""



from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.store import (
    Reading,
    Store,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreNotWritable,
    add_act,
)
from monitor.store.database import check, open_for_writing
from monitor.store.errors import explain
from tests.store.conftest import OpenStore
from tests.store.faulty import connecting
from tests.store.sample import AMBASSADOR, NOW, page, post

Ask = Callable[..., list[tuple[Any, ...]]]


async def test_a_full_disk_costs_nothing_and_passes(open_store: OpenStore, ask: Ask) -> None:
    connections: list[sqlite3.Connection] = []

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connections.append(sqlite3.connect(*args, **options))
        return connections[-1]

    store = await open_store(connect=connect)
    await store.sync_accounts([AMBASSADOR], NOW)
    big = page([post(str(number), "x" * 20_000) for number in range(20)], cursors={"a": "20"})
    pages = ask("PRAGMA page_count")[0][0]
    connections[0].execute(f"PRAGMA max_page_count = {pages + 10}")
    for _ in range(2):
        with pytest.raises(StoreFull, match=r"No room to write .*Free some space"):
            await store.save_page(big, NOW)
    assert (await store.pending(), await store.cursors("bluesky")) == ([], {})
    connections[0].execute("PRAGMA max_page_count = 100000")
    assert (await store.save_page(big, NOW)).new_posts == 20


async def test_a_database_locked_by_another_program_is_said_and_passes(open_store: OpenStore, path: Path) -> None:
    store = await open_store(connect=connecting(timeout=0.01))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match=r"locked by another program.*End the program"):
        await store.set_meta("a", "b", NOW)
    assert await store.get_meta("a") is None
    other.execute("ROLLBACK")
    other.close()
    await store.set_meta("a", "b", NOW)
    assert await store.get_meta("a") == "b"


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_file_that_is_no_database_is_said_and_kept(open_store: OpenStore, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for attempt in (open_store(), None):
        with pytest.raises(StoreCorrupt, match=r"damaged or no database.*hotline recover"):
            if attempt is None:
                Reading(path)
            else:
                await attempt
    assert path.read_bytes() == content


async def test_a_damaged_page_is_said_by_what_reads_it(open_store: OpenStore, path: Path) -> None:
    store = await open_store()
    await store.sync_accounts([AMBASSADOR], NOW)
    await store.save_page(page([post(str(number), "x" * 3000) for number in range(50)]), NOW)
    await store.close()
    data = bytearray(path.read_bytes())
    size = 4096
    for start in range(0, len(data), size):
        if b"x" * 500 in data[start : start + size]:  # what holds the posts, and nothing of the schema
            data[start : start + 200] = b"\xff" * 200
    path.write_bytes(data)
    db = open_for_writing(path, NOW)
    with pytest.raises(StoreCorrupt, match=r"The database is damaged.*hotline recover"):
        check(db)
    db.close()
    with pytest.raises(StoreCorrupt):
        await (await open_store("run-2")).pending()


@pytest.mark.parametrize("below", ["a-file/log.db", "."])
async def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, below: str) -> None:
    (tmp_path / "a-file").write_text("")
    with pytest.raises(StoreNotWritable, match=r"cannot be (written|made).*Check the owner and mode"):
        await Store.open(tmp_path / below, run="r", clock=lambda: NOW)


async def test_a_read_only_disk_is_said(open_store: OpenStore, path: Path) -> None:
    await (await open_store()).close()

    def read_only(address: Path, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(f"{address.as_uri()}?mode=ro", uri=True, **options)
        return connection

    with pytest.raises(StoreNotWritable, match=r"Check the owner and mode"):
        store = await open_store("run-2", connect=read_only)
        await store.set_meta("a", "b", NOW)


async def test_a_disk_that_turns_read_only_is_said_by_the_next_write(store: Store) -> None:
    store._db.conn.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreNotWritable):
        await store.set_meta("a", "b", NOW)
    store._db.conn.execute("PRAGMA query_only = OFF")
    await store.set_meta("a", "b", NOW)


async def test_a_place_for_a_new_database_is_made(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "not" / "yet" / "log.db", run="r", clock=lambda: NOW)
    await store.close()


async def test_a_closed_store_says_so(open_store: OpenStore) -> None:
    store = await open_store()
    await store.close()
    with pytest.raises(StoreError, match="is closed"):
        await store.pending()


def test_reading_what_is_not_there_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no database at .*Start Hotline once"):
        Reading(tmp_path / "none.db")
    with pytest.raises(StoreError, match="There is no database"):
        add_act(tmp_path / "none.db", "label", "bluesky:1", {}, "ann", NOW)
    assert list(tmp_path.iterdir()) == []


async def test_sqlite_without_a_write_ahead_log_is_refused(tmp_path: Path) -> None:
    def shm_less(path: Path, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(":memory:", **options)
        return connection

    with pytest.raises(StoreError, match=r"write-ahead log.*local disk"):
        await Store.open(tmp_path / "log.db", run="r", clock=lambda: NOW, connect=shm_less)


def test_an_error_without_a_known_cause_asks_to_be_reported() -> None:
    assert "please report" in str(explain(sqlite3.IntegrityError("UNIQUE constraint failed"), "x.db"))
