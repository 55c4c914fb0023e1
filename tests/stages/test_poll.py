"""The poll stage with the real store, real sources, and time in the test's hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from monitor.model import Account
from monitor.stages.poll import Poll, Schedule
from monitor.store import Store, StoreFull
from tests.sources.appview import DID, NOW, AppView
from tests.stages.pollbed import ELYSEE, Bed


@pytest.fixture
async def bed(tmp_path: Path) -> AsyncIterator[Bed]:
    store = await Store.open(tmp_path / "log.db", run="test", clock=lambda: NOW)
    made = Bed(store, AppView(), tmp_path)
    yield made
    await made.poll.stop()
    await store.close()


async def test_new_posts_are_stored_and_triage_is_woken(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    bed.view.post("old")
    await bed.pass_time(1)
    bed.view.post("new")
    await bed.pass_time(15)
    works = await bed.store.pending(10)
    assert {work.post.parts["text"]: work.origin for work in works} == {"old": "baseline", "new": "live"}
    assert bed.woken == 2


async def test_an_idle_poll_writes_nothing(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    bed.view.post("old")
    await bed.pass_time(1)
    before = await bed.changes()
    for likes in range(3):
        bed.view.posts[0]["likeCount"] = likes
        assert await bed.pass_time(15) == 1
    assert await bed.changes() == before


async def test_an_idle_poll_after_a_restart_writes_nothing_but_the_identity(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    bed.view.post("old")
    await bed.pass_time(1)
    await bed.make().start([ELYSEE])
    await bed.pass_time(1)
    before = await bed.changes()
    bed.view.posts[0]["likeCount"] = 77
    await bed.pass_time(15)
    assert await bed.changes() == before


async def test_nothing_is_doubled_when_the_cursor_is_behind_the_posts(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    bed.view.post("old")
    await bed.pass_time(1)
    await bed.make().start([ELYSEE])
    bed.poll._memory.cursors["bluesky"].clear()
    await bed.pass_time(1)
    assert await bed.texts() == ["old"]


async def test_the_cadence_is_the_accounts_own(bed: Bed) -> None:
    slow = Account("bluesky", "slow.example", id="did:plc:slow", every=60.0)
    await bed.poll.start([ELYSEE, slow])
    assert await bed.pass_time(2) == 2
    polls = [await bed.pass_time(15) for _ in range(4)]
    assert sum(polls) == 4 + 1 - 1  # the slow one is gone, which is not asked again so soon


async def test_an_account_that_does_not_exist_stops_no_other(bed: Bed) -> None:
    nobody = Account("bluesky", "nobody.example", every=15.0)
    await bed.poll.start([nobody, ELYSEE])
    await bed.pass_time(2)
    bed.view.post("new")
    await bed.pass_time(15)
    assert await bed.texts() == ["new"]
    assert bed.poll.watch.outcome("bluesky:nobody.example").kind == "gone"


async def test_a_source_that_breaks_is_an_outcome_and_the_others_go_on(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    jsonl = Account("jsonl", "alice")
    await bed.poll.start([ELYSEE, jsonl])
    bed.poll._sources["jsonl"].fetch = None  # type: ignore[method-assign, assignment]
    bed.view.post("old")
    await bed.pass_time(2)
    assert "error of Hotline's own" in bed.poll.watch.outcome("jsonl:alice").detail
    assert await bed.texts() == ["old"]


async def test_failures_are_asked_again_ever_later_and_success_restores_the_cadence(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.view.answers = [httpx.Response(503) for _ in range(6)]
    waits: list[float] = []
    for _ in range(6):
        waits.append((bed.poll._due.next() or 0) - bed.mono)
        await bed.pass_time(waits[-1])
    assert waits == [15, 15, 15, 20, 40, 80]
    await bed.pass_time((bed.poll._due.next() or 0) - bed.mono)
    assert (bed.poll._due.next() or 0) - bed.mono == 15


async def test_retry_after_is_never_undercut(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.view.answers = [httpx.Response(429, headers={"Retry-After": "200"})]
    await bed.pass_time(15)
    assert (bed.poll._due.next() or 0) - bed.mono >= 200


async def test_hot_accounts_are_asked_more_often_for_a_time(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.poll.hot(["bluesky:elysee.fr"], every=5, seconds=12)
    assert [await bed.pass_time(5) for _ in range(5)] == [1, 1, 1, 0, 0]


async def test_a_clock_that_steps_back_delays_no_poll(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.now -= timedelta(days=2)
    bed.view.post("new")
    assert await bed.pass_time(15) == 1
    assert await bed.texts() == ["new"]


async def test_a_page_that_cannot_be_stored_comes_again(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.view.post("new")
    full = bed.store.save_page

    async def refuse(*_: object) -> None:
        raise StoreFull("the disk is full")

    monkeypatch.setattr(bed.store, "save_page", refuse)
    await bed.pass_time(15)
    monkeypatch.setattr(bed.store, "save_page", full)
    await bed.pass_time(15)
    assert await bed.texts() == ["new"]


async def test_an_account_long_unreachable_is_told_once_and_its_recovery_too(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.view.answers = [httpx.Response(503) for _ in range(30)]
    for _ in range(30):
        await bed.pass_time(60)
        await bed.poll.flush()
    assert [(notice.key, notice.kind) for notice in bed.notices] == [("account:bluesky:elysee.fr", "account_unreachable")]
    bed.view.answers.clear()
    await bed.pass_time(300)
    await bed.poll.flush()
    assert [notice.resolved for notice in bed.notices] == [False, True]


async def test_a_network_that_is_down_is_one_notice_and_not_a_hundred(bed: Bed) -> None:
    accounts = [Account("bluesky", f"a{number}.example", id=f"did:plc:{number}", every=15.0) for number in range(20)]
    await bed.poll.start(accounts)
    bed.view.gone = "AccountTakedown"
    for _ in range(5):
        await bed.pass_time(700)
        await bed.poll.flush()
    assert [notice.key for notice in bed.notices] == ["source:bluesky"]
    assert "20 of 20 bluesky accounts" in bed.notices[0].text


async def test_a_changed_identity_holds_the_posts_and_is_told(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    bed.view.did = "did:plc:stranger0000000000000000"
    await bed.poll.verify()
    assert [(notice.key, notice.kind) for notice in bed.notices] == [("identity:bluesky:elysee.fr", "identity_changed")]
    bed.view.did = DID
    bed.view.post("said meanwhile")
    await bed.pass_time(15)
    await bed.poll.verify()
    assert bed.notices[-1].resolved
    assert await bed.texts() == ["said meanwhile"]


async def test_a_new_handle_is_told_and_the_posts_come_through(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    bed.view.post("old")
    await bed.pass_time(1)
    bed.view.handle = "archive.elysee.fr"
    bed.view.post("new")
    await bed.pass_time(15)
    assert [notice.kind for notice in bed.notices] == ["account_renamed"]
    assert "new" in await bed.texts()


async def test_the_first_sight_pins_the_account_for_later_runs(bed: Bed) -> None:
    unpinned = Account("bluesky", "elysee.fr", every=15.0)
    await bed.poll.start([unpinned])
    await bed.pass_time(1)
    await bed.make().start([unpinned])
    await bed.pass_time(1)
    assert bed.view.asked == ["getProfile", "getAuthorFeed", "getAuthorFeed"]


async def test_posts_behind_an_open_contact_are_read_again(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    await bed.poll.start([ELYSEE])
    edited, gone = bed.view.post("We spoke."), bed.view.post("We met.")
    await bed.pass_time(1)

    async def both(_: datetime) -> dict[str, tuple[str, ...]]:
        return {"bluesky:elysee.fr": (edited, gone)}

    monkeypatch.setattr(bed.store, "open_contact_posts", both)
    bed.view.edit(edited, "We did not speak.")
    bed.view.delete(gone)
    await bed.poll.reread()
    found = [(work.post.key, work.number, work.post.deleted) for work in await bed.store.pending(10)][2:]
    assert found == [(edited, 2, False), (gone, 2, True)]
    woken = bed.woken
    await bed.poll.reread()
    assert bed.woken == woken


async def test_an_account_with_many_posts_behind_contacts_is_looked_at_less_often(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bed.poll.start([ELYSEE])
    uris = tuple(bed.view.post(f"post {number}") for number in range(25))

    async def all_of_them(_: datetime) -> dict[str, tuple[str, ...]]:
        return {"bluesky:elysee.fr": uris}

    monkeypatch.setattr(bed.store, "open_contact_posts", all_of_them)
    for _ in range(4):
        await bed.poll.reread()
        bed.mono += 10
    assert bed.view.asked == ["getPosts", "getPosts"]


async def test_lines_are_read_within_a_quarter_of_a_second(bed: Bed) -> None:
    await bed.poll.start([Account("jsonl", "alice", every=60.0)])
    await bed.pass_time(1)
    (bed.folder / "posts.jsonl").write_text(json.dumps({"id": 1, "account": "alice", "text": "hello"}) + "\n")
    await bed.pass_time(15)
    await bed.pass_time(0.25)
    assert await bed.texts() == ["hello"]
    works = await bed.store.pending(1)
    assert works[0].origin == "live"


async def test_a_reload_takes_new_accounts_up_and_drops_old_ones(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    await bed.pass_time(1)
    await bed.poll.start([Account("jsonl", "alice")])
    bed.view.post("unheard")
    await bed.pass_time(15)
    assert await bed.texts() == []


async def test_no_more_polls_at_once_than_configured(bed: Bed) -> None:
    accounts = [Account("bluesky", f"a{number}.example", id=f"did:plc:{number}") for number in range(10)]
    await bed.make(Schedule(concurrency=3)).start(accounts)
    bed.mono += 5
    bed.poll._launch()
    assert len(bed.poll._running) == 3
    await bed.pass_time(0)
    assert bed.view.asked.count("getAuthorFeed") == 10


async def test_once_polls_everything_and_says_whether_all_went_well(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    assert await bed.poll.once()
    bed.view.answers = [httpx.Response(500)]
    assert not await bed.poll.once()


async def test_it_runs_until_it_is_stopped(bed: Bed) -> None:
    bed.poll = Poll(bed.store, bed.poll._sources, clock=lambda: NOW, rand=lambda: 0.5, tell=bed.tell, stored=bed.wake)
    stored = asyncio.Event()
    bed.poll._stored = stored.set
    bed.view.post("old")
    await bed.poll.start([ELYSEE])
    running = asyncio.create_task(bed.poll.run())
    await stored.wait()
    await bed.poll.stop()
    await running
    health = await bed.store.health()
    assert health["bluesky:elysee.fr"].outcome == "ok"


async def test_health_and_counts_reach_the_log(bed: Bed) -> None:
    await bed.poll.start([ELYSEE])
    bed.view.post("old", minutes_ago=120)
    bed.view.post("older", minutes_ago=60)
    await bed.pass_time(1)
    await bed.poll.flush()
    row = (await bed.store.health())["bluesky:elysee.fr"]
    assert row.last_post == NOW - timedelta(minutes=60)
    assert row.usual_gap == 3600
    assert row.last_success == datetime(2026, 11, 22, 9, 0, 1, tzinfo=UTC)
