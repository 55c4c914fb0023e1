"""The daemon keeps to the retention by itself: texts of posts deleted on X are gone after 24 hours, the rest stays."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.daemon import Crew, World
from monitor.daemon.daemon import tidied
from monitor.leaders import load
from monitor.match import Matcher
from monitor.model import Account, Outcome, Page, Post
from monitor.store import Store
from tests.daemon.bed import Ticking, plan, written


@pytest.mark.parametrize(("source", "kept"), [("x", False), ("bluesky", True)])
async def test_the_text_of_a_deleted_post_goes_where_the_terms_want_it(tmp_path: Path, source: str, kept: bool) -> None:
    registry, clock = load(), Ticking()
    written(tmp_path, [])
    made = plan(tmp_path, "http://127.0.0.1:9", registry, Matcher(registry))
    store = await Store.open(made.database, run="run", clock=clock)
    account = Account(source, "office")
    await store.sync_accounts([account], clock())
    for version, parts in (("a", {"text": "A post that will be deleted."}), ("gone", {})):
        post = Post("k", version, account.key, parts, clock(), deleted=not parts)  # type: ignore[arg-type]
        await store.save_page(Page(source, {account.key: Outcome("ok")}, (post,)), clock())
    crew = Crew(made, store, World(clock, lambda: 0.5))
    crew.triage.wake()
    await crew.triage.drain()
    clock.at += timedelta(hours=25).total_seconds()
    await tidied(crew)
    await crew.close()
    await store.close()
    with sqlite3.connect(made.database) as db:
        texts = [row[0] for row in db.execute("SELECT text FROM revisions WHERE deleted = 0")]
        assert db.execute("SELECT key FROM posts").fetchall() == [("k",)]
    assert (texts == ["A post that will be deleted."]) is kept
