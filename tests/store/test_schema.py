"""The file: what a new one looks like, how it is brought up to date, and what is refused."""



from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from monitor.store import Reading, Store, StoreForeign, StoreLocked
from monitor.store.database import APPLICATION_ID, migrate, migrations, transaction
from tests.store.conftest import OpenStore
from tests.store.sample import NOW

Ask = Callable[..., list[tuple[Any, ...]]]

EXPECTED = {
    "accounts": "id key source handle country kind office holder timezone every tier pin pinned_by seen_id seen_handle display_name"
    " verified domain_handle held active polled_at added_at updated_at",
    "acts": "id kind target value who at",
    "acts_applied": "act at result",
    "alerts": "id kind contact notice revision reason headline urgent message created_at",
    "attempts": "id delivery number started_at ended_at result detail",
    "channels": "name kind suspended_at suspended_why last_success last_error last_error_at",
    "contact_parties": "contact number party leader country name office span_end",
    "contact_posts": "contact number post claim revision relation form side at",
    "contacts": "id names mode status confidence when_start when_end when_precision place place_country topics sides opened_at"
    " updated_at took_place span_start span_end origin readout readout_due readout_at conflict lapsed retracted merged_into state",
    "cursors": "source key value updated_at",
    "daily": "day account posts flagged",
    "deliveries": "id alert channel contact urgent key state reason payload attempts due_at trying_from next_at run unknown_since"
    " possible_repeat provider_id provider_thread told_by created_at sent_at",
    "findings": "id revision matcher flagged near confidence reason form lang contacts evidence made_at current",
    "health": "account last_poll last_success last_post usual_gap failures outcome detail",
    "links": "a b kind at",
    "meta": "key value updated_at",
    "migrations": "number name applied_at",
    "notices": "id key kind text opened_at resolved_at",
    "polls": "account hour outcome count posts",
    "posts": "id key account url created_at seen_at author_id author_handle author_name author_verified author_domain origin held"
    " deleted_at revision newest flagged",
    "posts_search": "folded",
    "revisions": "id post number version deleted lang title text quote card alt parent raw seen_at tidied_at",
    "untriaged": "revision late error",
}


async def test_a_new_database_has_exactly_the_expected_columns(store: Store, path: Path) -> None:
    db = Database(sqlite3.connect(path))
    found = {table.name: " ".join(column.name for column in table.columns) for table in db.tables}
    shadows = {name for name in found if name.startswith("posts_search_")}
    assert {name: columns for name, columns in found.items() if name not in shadows} == EXPECTED
    db.close()


async def test_every_table_is_strict(store: Store, ask: Ask) -> None:
    loose = ask(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
    )
    assert loose == []


async def test_every_foreign_key_of_a_growing_table_has_an_index(store: Store, path: Path) -> None:
    db = Database(sqlite3.connect(path))
    bare = []
    for table in db.tables:
        led = {index.columns[0] for index in table.indexes if index.columns} | set(table.pks[:1])
        bare += [(key.table, key.column) for key in table.foreign_keys if key.column not in led]
    db.close()
    # Followed only from the row that holds them.
    assert sorted(bare) == [("contact_posts", "revision"), ("deliveries", "told_by")]


async def test_every_view_can_be_read(store: Store, ask: Ask) -> None:
    views = [name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'view'")]
    assert len(views) == 12
    for view in views:
        ask(f"SELECT * FROM {view}")


async def test_the_file_says_whose_it_is_and_how_it_is_kept(store: Store, ask: Ask, path: Path) -> None:
    assert ask("PRAGMA application_id") == [(APPLICATION_ID,)]
    assert ask("PRAGMA user_version") == [(migrations()[-1][0],)]
    assert ask("PRAGMA journal_mode") == [("wal",)]
    assert ask("PRAGMA auto_vacuum") == [(2,)]  # incremental
    assert ask("SELECT number, name, applied_at FROM migrations") == [
        (1, "initial", "2026-11-22T09:00:00.000Z"),
        (2, "review", "2026-11-22T09:00:00.000Z"),
    ]
    for file in (path, path.with_name("log.db-wal"), path.with_name("log.db.lock")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_opening_again_changes_nothing(open_store: OpenStore, ask: Ask, path: Path) -> None:
    await (await open_store()).close()
    before = path.read_bytes()
    await (await open_store("run-2")).close()
    assert path.read_bytes() == before


async def test_closing_folds_the_log_into_one_file(open_store: OpenStore, path: Path) -> None:
    store = await open_store()
    await store.set_meta("a", "b", NOW)
    await store.close()
    await store.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["log.db", "log.db.lock"]


async def test_a_change_that_fails_leaves_the_schema_as_it_was(store: Store, path: Path) -> None:
    db = Database(sqlite3.connect(path, isolation_level=None))
    newest = migrations()[-1][0]
    good = (newest + 1, "more", "CREATE TABLE more (a TEXT) STRICT;\nCREATE INDEX more_a ON more (a);")
    bad = (newest + 2, "broken", "CREATE TABLE half (a TEXT) STRICT;\nCREATE TABLE posts (a TEXT);")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(db, NOW, [*migrations(), good, bad])
    assert "more" in db.table_names()
    assert "half" not in db.table_names()
    assert db.execute("PRAGMA user_version").fetchone()[0] == newest + 1
    assert [row[0] for row in db.execute("SELECT name FROM migrations ORDER BY number")][-1] == "more"
    migrate(db, NOW, [*migrations(), good])
    db.close()


def test_changes_are_numbered_without_gaps() -> None:
    assert [number for number, _, _ in migrations()] == list(range(1, len(migrations()) + 1))


async def test_a_transaction_is_whole_or_not_at_all(store: Store, path: Path) -> None:
    db = Database(sqlite3.connect(path, isolation_level=None))
    with pytest.raises(RuntimeError, match="half way"), transaction(db):
        db.execute("INSERT INTO meta VALUES ('a', 'b', 'c')")
        raise RuntimeError("half way")
    assert not db.conn.in_transaction
    assert db.execute("SELECT COUNT(*) FROM meta").fetchone()[0] == 0
    db.close()


async def test_a_database_of_another_program_is_refused_and_left_alone(open_store: OpenStore, path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (a)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreForeign, match=r"another program.*Name another file"):
        await open_store()
    with pytest.raises(StoreForeign, match="another program"):
        Reading(path)
    assert path.read_bytes() == before


async def test_a_database_of_a_newer_hotline_is_refused(open_store: OpenStore, path: Path) -> None:
    await (await open_store()).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(StoreForeign, match=r"schema 999.*Upgrade"):
        await open_store()
    with pytest.raises(StoreForeign, match="newer Hotline"):
        Reading(path)


async def test_a_second_daemon_is_refused_by_name_of_the_first(open_store: OpenStore, path: Path) -> None:
    first = await open_store()
    with pytest.raises(StoreLocked, match=r"Another Hotline \(process \d+\) runs on .*log.db\. End it first"):
        await open_store("run-2")
    await first.set_meta("still", "works", NOW)
    await first.close()
    second = await open_store("run-2")
    assert await second.get_meta("still") == "works"


async def test_a_refused_start_lets_go_of_the_lock(open_store: OpenStore, path: Path) -> None:
    path.write_bytes(b"no database, " * 1000)
    for _ in range(2):
        with pytest.raises(Exception, match="damaged or no database"):
            await open_store()
    path.unlink()
    await open_store()


async def test_calls_may_be_made_all_at_once(store: Store) -> None:
    await asyncio.gather(*(store.set_meta(str(n), "x", NOW) for n in range(50)))
    assert [await store.get_meta(str(n)) for n in range(50)] == ["x"] * 50
