"""X through the real poll stage and log, killed at every statement in between: no post lost, none doubled, no cursor ahead of its posts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from monitor.http import Fetcher
from monitor.model import Account, Message, Notice
from monitor.sources.x import X, XSettings
from monitor.stages.poll import Poll
from monitor.store import Store
from tests.sources.x_site import NOW, Site, problem
from tests.store.faulty import Bomb, Crash

ONE, TWO = Account("x", "one"), Account("x", "two", id="1001")


class Bed:
    """The daemon's part: a store, the poll stage, time."""

    def __init__(self, path: Path, site: Site, bomb: Bomb | None = None) -> None:
        self.path, self.site, self.bomb = path, site, bomb
        self.notices: list[Notice] = []
        self.settings: dict[str, Any] = {}
        self.mono = 0.0

    async def __aenter__(self) -> Self:
        self.store = await Store.open(self.path, run="r", clock=lambda: self.site.now, **({"connect": self.bomb.connect} if self.bomb else {}))
        self.make()
        return self

    def make(self) -> None:
        fetcher = Fetcher(httpx.MockTransport(self.site.answer), lambda: self.site.now)
        source = X(XSettings.model_validate({"token": {"env": "X_TOKEN"}, **self.settings}), fetcher)
        self.poll = Poll(
            self.store, {"x": source}, clock=lambda: self.site.now, rand=lambda: 0.5, tell=self.tell, stored=lambda: None, monotonic=lambda: self.mono
        )

    async def __aexit__(self, *_: object) -> None:
        if self.bomb is not None:
            self.bomb.arm(None)
        await self.store.close()

    async def tell(self, notice: Notice) -> None:
        if await self.store.notice(notice, self.site.now, Message("notice", notice.key, notice.text), ["ops"]):
            self.notices.append(notice)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_TOKEN", "sesame-bearer")


def story(site: Site, step: int) -> None:
    """What happens on X before each poll. The site is built anew for every run, so the same every time."""
    site.now = NOW + timedelta(hours=step)
    if step == 1:
        for n in range(7):
            site.post("one" if n % 2 else "two", f"n{n}")
    elif step == 2:
        site.edit(min(native for native, post in site.posts.items() if post["text"] == "n1"), "n1, corrected")


def made(steps: int) -> Site:
    site = Site()
    site.page = 3
    site.join("one")
    site.join("two")
    site.post("one", "old", NOW - timedelta(days=1))
    for step in range(steps + 1):
        story(site, step)
    return site


def ask(path: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(question).fetchall()


ROWS = "SELECT key, value FROM cursors ORDER BY key"
POSTS = "SELECT p.key, r.version, p.origin FROM posts p JOIN revisions r ON r.post = p.id ORDER BY p.key, r.version"


def never_ahead(path: Path, site: Site) -> None:
    rows = dict(ask(path, "SELECT key, value FROM cursors"))
    there = {version for _, version, _ in ask(path, POSTS)}
    for native, post in site.posts.items():
        row = rows.get(f"since:{post['author_id']}")
        assert row is None or int(native) > int(row) or native in there, f"{native} is not there, but {row} is"


async def step(path: Path, number: int, bomb: Bomb | None = None, fuse: int | None = None) -> int:
    """One start of the daemon, one poll; returns how many statements that took after opening the log."""
    async with Bed(path, made(number), bomb) as bed:
        if bomb is not None:
            bomb.arm(fuse)
        await bed.poll.start([ONE, TWO])
        await bed.poll.once()
        return bomb.count if bomb is not None else 0


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_killed_at_any_statement_and_started_again_the_log_is_the_same(tmp_path: Path, number: int) -> None:
    path = tmp_path / "log.db"
    for before in range(number):
        await step(path, before)
    await (await Store.open(path, run="r", clock=lambda: NOW)).close()
    start = path.read_bytes()
    count = await step(path, number, Bomb())
    expected, rows = ask(path, POSTS), ask(path, ROWS)
    assert {origin for *_, origin in expected} == ({"baseline"} if number == 0 else {"baseline", "live"})
    assert len(expected) == (1, 8, 9)[number]
    assert count > 20
    for fuse in range(1, count):
        for file in tmp_path.glob("log.db*"):
            file.unlink()
        path.write_bytes(start)
        with pytest.raises(Crash):
            await step(path, number, Bomb(), fuse)
        never_ahead(path, made(number))
        await step(path, number)
        assert ask(path, POSTS) == expected, f"killed at statement {fuse}"
        assert ask(path, ROWS) == rows, f"killed at statement {fuse}"


async def test_what_concerns_the_whole_source_is_told_once_and_at_once(tmp_path: Path) -> None:
    site = made(0)
    accounts = [site.join(f"a{n}", str(10**18 + n)) for n in range(60)]
    async with Bed(tmp_path / "log.db", site) as bed:
        site.faults[""] = [problem(402, "credits", "CreditsDepleted")] * 9
        await bed.poll.start(accounts)
        await bed.poll.once()
        await bed.poll.flush()
        await bed.poll.once()
        await bed.poll.flush()
        assert [(notice.key, notice.resolved) for notice in bed.notices] == [("source:x", False)]
        assert "buy credits" in bed.notices[0].text
        assert len(site.requests) == 1
        site.faults.clear()
        site.now += timedelta(hours=2)
        await bed.poll.once()
        await bed.poll.flush()
        assert [(notice.key, notice.resolved) for notice in bed.notices[1:]] == [("source:x", True)]


async def test_the_budget_is_told_once_a_day_across_restarts(tmp_path: Path) -> None:
    site = made(0)
    for text in range(60):
        site.post("one", str(text))
    path = tmp_path / "log.db"
    told: list[Notice] = []
    for _ in range(3):
        async with Bed(path, site) as bed:
            bed.settings = {"budget_posts_per_day": 75}
            bed.make()
            await bed.poll.start([Account("x", "one", options={"via": "timeline"})])
            site.page = 100
            for _ in range(2):
                await bed.poll.once()
                for n in range(60):
                    site.post("one", f"more {n}", site.now + timedelta(hours=1))
                site.now += timedelta(hours=2)
            told += bed.notices
    assert [notice.key for notice in told if notice.key == "budget:x"] == ["budget:x"]
