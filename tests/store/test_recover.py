"""A damaged log is read as far as it goes, filled from a backup, and whole again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitor.store import Store, StoreCorrupt, StoreError, backup
from monitor.store.recover import recover
from tests.store.conftest import OpenStore
from tests.store.sample import NOW, later, page, post

COUNT = 400


async def fill(store: Store, first: int, last: int) -> None:
    await store.save_page(page([post(str(n), f"Post number {n}. " + "x" * 300) for n in range(first, last)]), NOW)


def damage(path: Path, *, share: float = 0.5, pages: int = 3) -> None:
    """Overwrite some pages in the middle with noise."""
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big") or 65_536
    start = int(len(data) // size * share)
    data[start * size : (start + pages) * size] = b"\xa5" * (pages * size)
    path.write_bytes(data)


def keys(path: Path) -> set[str]:
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        return {row[0] for row in db.execute("SELECT key FROM posts")}


async def test_what_can_be_read_is_saved_and_the_rest_comes_from_the_backup(path: Path, tmp_path: Path, store: Store) -> None:
    await fill(store, 0, COUNT)
    copy = backup(path, tmp_path / "copy.db")
    await fill(store, COUNT, COUNT + 50)
    await store.close()
    damage(path)
    alone = tmp_path / "alone.db"
    alone.write_bytes(path.read_bytes())
    without = recover(alone, [], NOW)
    assert 0 < without.read["posts"] < COUNT + 50 or without.read["revisions"] < COUNT + 50
    result = recover(path, [copy], NOW)
    assert keys(path) >= {f"bluesky:{n}" for n in range(COUNT)}
    assert result.damaged.exists()


@pytest.mark.parametrize("share", [0.15, 0.3, 0.6, 0.9])
async def test_wherever_the_damage_lies_the_result_is_whole_and_opens(path: Path, store: Store, open_store: OpenStore, share: float) -> None:
    await fill(store, 0, COUNT)
    await store.close()
    damage(path, share=share)
    recover(path, [], NOW)
    keys(path)
    again = await open_store(run="run-2", now=later(60))
    await fill(again, COUNT, COUNT + 1)
    assert f"bluesky:{COUNT}" in keys(path)


async def test_a_file_that_is_no_database_any_more_is_replaced_by_the_backup(path: Path, tmp_path: Path, store: Store) -> None:
    await fill(store, 0, 20)
    copy = backup(path, tmp_path / "copy.db")
    await store.close()
    path.write_bytes(b"nothing like a database" * 500)
    recover(path, [copy], NOW)
    assert len(keys(path)) == 20


async def test_what_was_saved_is_found_by_its_words_again(path: Path, store: Store) -> None:
    await fill(store, 0, 5)
    await store.close()
    recover(path, [], NOW)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT COUNT(*) FROM posts_search WHERE posts_search MATCH 'number'").fetchone() == (5,)


async def test_a_delivery_that_only_the_backup_knows_may_have_been_sent(path: Path, tmp_path: Path, store: Store) -> None:
    await fill(store, 0, 2)
    await store.close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO alerts (id, kind, reason, headline, urgent, message, created_at) VALUES (1, 'test', 'x', 'x', 1, '{}', '2026-11-22T09:00:00.000Z')")
        for number, state in enumerate(("queued", "sent"), 1):
            db.execute(
                "INSERT INTO deliveries (id, alert, channel, urgent, key, state, due_at, trying_from, created_at)"
                " VALUES (?, 1, ?, 1, ?, ?, '2026-11-22T09:00:00.000Z', '2026-11-22T09:00:00.000Z', '2026-11-22T09:00:00.000Z')",
                [number, f"c{number}", f"k{number}", state],
            )
    copy = backup(path, tmp_path / "copy.db")
    path.write_bytes(b"gone" * 2000)
    recover(path, [copy], NOW)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT state FROM deliveries ORDER BY id").fetchall() == [("unknown",), ("sent",)]


def test_a_missing_database_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        recover(tmp_path / "none.db", [], NOW)


async def test_a_backup_that_cannot_be_read_is_named(path: Path, tmp_path: Path, store: Store) -> None:
    await store.close()
    (tmp_path / "bad.db").write_bytes(b"no backup" * 500)
    with pytest.raises(StoreCorrupt, match=r"bad\.db"):
        recover(path, [tmp_path / "bad.db"], NOW)
    assert path.exists()
