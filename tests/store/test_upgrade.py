"""A database of every earlier schema is brought up to date at the start, with everything in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitor.store import Reading
from monitor.store.database import APPLICATION_ID, migrations, open_for_writing
from tests.store.conftest import OpenStore
from tests.store.sample import NOW, later, page, post

CHANGES = migrations()


def schema(path: Path) -> set[tuple[str, str, str]]:
    with sqlite3.connect(path) as db:
        return {tuple(row) for row in db.execute("SELECT type, name, COALESCE(sql, '') FROM sqlite_master WHERE name <> 'sqlite_stat1'")}


def database_of(path: Path, number: int) -> None:
    """A database as the Hotline of that schema left it, with an account, a post and what stood in it."""
    with sqlite3.connect(path) as db:
        for at, name, sql in CHANGES[:number]:
            db.executescript(sql)
            db.execute("INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)", [at, name, "2026-01-01T00:00:00.000Z"])
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        moment = "2026-01-01T00:00:00.000Z"
        db.execute(
            "INSERT INTO accounts (id, key, source, handle, kind, office, every, tier, added_at, updated_at)"
            " VALUES (1, 'bluesky:old.test', 'bluesky', 'old.test', 'mission', 'ambassador', 60, 1, ?, ?)",
            [moment, moment],
        )
        db.execute("INSERT INTO posts (id, key, account, seen_at, origin, newest) VALUES (1, 'bluesky:old', 1, ?, 'live', 1)", [moment])
        db.execute("INSERT INTO revisions (id, post, number, version, text, seen_at) VALUES (1, 1, 1, 'v1', 'An old post of note.', ?)", [moment])
        db.execute("INSERT INTO posts_search (rowid, folded) VALUES (1, 'an old post of note')")


@pytest.mark.parametrize("number", range(1, len(CHANGES) + 1))
async def test_a_database_of_each_schema_ends_like_a_new_one_and_keeps_its_posts(
    path: Path, tmp_path: Path, open_store: OpenStore, number: int
) -> None:
    database_of(path, number)
    store = await open_store()
    await store.save_page(page([post("fresh")]), later(1))
    await store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(CHANGES),)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Reading(path) as reading:
        assert "bluesky:old" in {row["post"] for row in reading.search("note")}
    new = tmp_path / "new.db"
    open_for_writing(new, NOW).close()
    assert schema(path) == schema(new)
