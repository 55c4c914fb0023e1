"""Killed at every statement of every step, and started again: nothing lost, nothing doubled, no cursor ahead of its posts."""



from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Receipt
from monitor.store import Store
from monitor.store.database import migrations
from tests.store.faulty import Bomb, Crash
from tests.store.sample import AMBASSADOR, NOW, freeze, later, page, post, triage_all

Ask = Callable[..., list[tuple[Any, ...]]]
Step = Callable[[Store], Awaitable[None]]

LOG = (
    "SELECT p.key, p.revision, p.deleted_at, r.version FROM posts p JOIN revisions r ON r.post = p.id ORDER BY r.id",
    "SELECT source, key, value FROM cursors ORDER BY key",
    "SELECT revision, flagged FROM findings ORDER BY revision",
    "SELECT id FROM contacts ORDER BY id",
    "SELECT contact, number FROM contact_posts ORDER BY contact",
    "SELECT contact, kind FROM alerts ORDER BY id",
    "SELECT alert, channel FROM deliveries ORDER BY id",
    "SELECT day, posts, flagged FROM daily",
    "SELECT rowid FROM posts_search ORDER BY rowid",
    "SELECT revision FROM untriaged ORDER BY revision",
)


async def fetch(store: Store) -> None:
    await store.save_page(page([post("1"), post("2")], cursors={"a": "2"}), NOW)


async def edit(store: Store) -> None:
    edited = post("1", "Not so", version="v2", seen=later(60))
    gone = post("2", version="gone", deleted=True, seen=later(60))
    await store.save_page(page([edited, gone], cursors={"a": "3"}), later(60))


async def triage(store: Store) -> None:
    await triage_all(store)


async def sync(store: Store) -> None:
    await store.sync_accounts([AMBASSADOR], NOW)


async def deliver(store: Store) -> None:
    """Send everything there is; an unknown counts as sent, as a receiver with idempotency keys sees it."""
    for _ in range(10):
        delivery = await store.claim_unknown("desk", later(999), repeat=False) or await store.claim("desk", later(999), freeze)
        if delivery is None:
            return
        await store.mark_sent(delivery.id, Receipt(delivery.key), later(999))


STEPS: list[Step] = [sync, fetch, triage, edit, triage, deliver]


async def run(path: Path, bomb: Bomb, steps: list[Step], name: str) -> None:
    store = await Store.open(path, run=name, clock=lambda: NOW, connect=bomb.connect)
    try:
        for step in steps:
            await step(store)
    finally:
        bomb.arm(None)
        await store.close()


def story(ask: Ask) -> list[list[tuple[Any, ...]]]:
    return [ask(question) for question in LOG]


async def blank(path: Path) -> bytes:
    """A new database, so that crashes need not wait for its schema."""
    await run(path, Bomb(), [], "blank")
    return path.read_bytes()


async def test_a_crash_at_any_statement_and_a_restart_come_to_the_same_log(path: Path, ask: Ask) -> None:
    new = await blank(path)
    whole = Bomb()
    whole.arm(None)
    store = await Store.open(path, run="whole", clock=lambda: NOW, connect=whole.connect)
    for step in STEPS:
        await step(store)
    await store.close()
    expected, alerts = story(ask), len(ask("SELECT id FROM alerts"))
    assert whole.count > 150
    for fuse in range(1, whole.count - 5):  # the last statements close the database, and may fail quietly
        for file in path.parent.glob("log.db-*"):
            file.unlink()
        path.write_bytes(new)
        bomb = Bomb()
        bomb.arm(fuse)
        with pytest.raises(Crash):
            await run(path, bomb, STEPS, f"crash-{fuse}")
        await run(path, Bomb(), STEPS, f"restart-{fuse}")
        assert story(ask) == expected, f"crashed at statement {fuse}: {whole.log[fuse - 1]}"
        sent = ask("SELECT state, COUNT(*), COUNT(DISTINCT provider_id) FROM deliveries GROUP BY state")
        assert sent == [("sent", alerts, alerts)], f"crashed at statement {fuse}: {whole.log[fuse - 1]}"


@pytest.mark.parametrize("fuse", [1, 3, 10, 30, 60, 80, 81, 82, 83, 84])
async def test_a_crash_while_the_database_is_made_leaves_it_to_be_made(path: Path, ask: Ask, fuse: int) -> None:
    bomb = Bomb()
    bomb.arm(fuse)
    with pytest.raises(Crash):
        await run(path, bomb, STEPS, "crash")
    await run(path, Bomb(), STEPS, "restart")
    assert len(ask("SELECT name FROM migrations")) == len(migrations())


@settings(max_examples=20)
@given(st.data())
async def test_a_page_interrupted_anywhere_is_whole_or_absent(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("page") / "log.db"
    bomb = Bomb()
    store = await Store.open(path, run="r", clock=lambda: NOW, connect=bomb.connect)
    await store.sync_accounts([AMBASSADOR], NOW)
    bomb.arm(data.draw(st.integers(1, 40)))
    wanted = page([post(str(number)) for number in range(4)], cursors={"a": "4"})
    crashed = False
    try:
        await store.save_page(wanted, NOW)
    except Crash:
        crashed = True
    bomb.arm(None)
    await store.close()
    store = await Store.open(path, run="again", clock=lambda: NOW)
    stored = len(await store.pending())
    assert stored == (0 if crashed else 4)
    assert await store.cursors("bluesky") == ({} if crashed else {"a": "4"})
    assert (await store.save_page(wanted, NOW)).new_posts == 4 - stored
    await store.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from monitor.store import Store
from tests.store import faulty, sample, test_crash

async def main(path, fuse):
    bomb = faulty.Bomb()
    bomb.tick = lambda sql, tick=bomb.tick: tick(sql) if bomb.count + 1 < fuse else faulty.die()
    await test_crash.run(Path(path), bomb, test_crash.STEPS, f"killed-{fuse}")

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("fuse", [25, 100, 120, 140, 160, 180])
async def test_a_process_killed_for_real_leaves_the_same_log(tmp_path: Path, path: Path, ask: Ask, fuse: int) -> None:
    whole = tmp_path / "whole" / "log.db"
    await run(whole, Bomb(), STEPS, "whole")
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(fuse)], cwd=root, check=False, timeout=60)  # noqa: ASYNC221
    assert killed.returncode == 9
    await run(path, Bomb(), STEPS, "restart")
    after = story(ask)
    path.unlink()
    whole.rename(path)
    assert after == story(ask)
