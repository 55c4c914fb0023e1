"""The proof: accounts on a real AT Protocol network, Hotline as a process, a real Matrix room, the SQLite log.

Every alert is told exactly once, whatever the accounts do and whenever the daemon is killed.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.real.at_network import Network, Ref, Writer
from tests.real.beds import wait_until
from tests.real.conftest import Room
from tests.real.daemon import Row
from tests.real.desk import Desk, Watched, desk

pytestmark = pytest.mark.timeout(300)

MakeAccount = Callable[[str], Awaitable[Writer]]


def told_once(desk: Desk) -> None:
    """Every alert was sent, each is one message in the room, each says something else, and none of ours is there besides.

    An alert that carries a contact on may edit the contact's first message too: one edit an alert at most.
    """
    alerts = [alert for alert in desk.log.alerts() if alert["state"] != "suppressed"]
    assert {alert["state"] for alert in alerts} <= {"sent"}, alerts
    shown = desk.shown()
    assert sorted(alert["provider_id"] for alert in alerts) == sorted(shown), [alerts, shown]
    assert len(set(shown.values())) == len(shown), shown
    events = desk.room.server.events(desk.room.id, desk.room.desk)
    edits = len([event for event in events if event["sender"] == desk.room.alerts.id]) - len(shown)
    assert edits <= len([alert for alert in alerts if alert["kind"] != "new"]), events
    assert not any(alert["possible_repeat"] for alert in alerts), "Matrix settles every doubt by its transaction id"


def kinds(alerts: list[Row]) -> list[str]:
    return [alert["kind"] for alert in alerts]


async def test_a_day_on_a_real_network_is_told_once_and_logged_as_told(
    tmp_path: Path, atnet: Network, room: Room, make_account: MakeAccount
) -> None:
    ambassador, india, elysee = await make_account("amb"), await make_account("pmo"), await make_account("elysee")
    before = await india.post("Spoke with President Macron this morning.")
    await india.seen(before)
    watched = [
        Watched(ambassador, "US", "mission", "ambassador", pinned=False),
        Watched(india, "IN", "pm_office", "head_of_government"),
        Watched(elysee, "FR", "presidency", "head_of_state", pinned=False),
    ]
    async with desk(tmp_path, atnet, room, watched) as d:
        await asyncio.to_thread(d.daemon.start)
        await asyncio.to_thread(d.log.baselined, 3)
        assert (await d.logged(before))["flagged"] == 1
        assert [(alert["state"], alert["why"]) for alert in await d.settled()] == [("suppressed", "baseline")]
        assert d.shown() == {}, "an account's first poll is silent"

        first = await ambassador.post("President Trump just spoke with Prime Minister Modi. STAY TUNED…")
        assert (await d.logged(first))["flagged"] == 1
        [new] = await d.sent()
        assert new["kind"] == "new"
        assert [text for text in d.shown().values() if "Modi" in text and "Trump" in text and "STAY TUNED" in text]

        birthday = await elysee.post("Happy birthday to Prime Minister Modi!")
        await india.repost(first)
        reply = await india.post("Thank you, and warm greetings to all.", reply=(first, first))
        old = await elysee.post("I spoke with Prime Minister Meloni about Libya.", at=datetime.now(UTC) - timedelta(days=400))
        for quiet in (birthday, reply):
            assert (await d.logged(quiet))["flagged"] == 0
        assert (await d.logged(old))["flagged"] == 1
        assert [alert["why"] for alert in await d.settled() if alert["state"] == "suppressed"] == ["baseline", "old post"]
        assert len(d.shown()) == 1, "greetings, reposts, replies and backdated posts are no news"

        theirs = await india.post("Had a warm telephone conversation with President Trump. We reviewed our strategic partnership.")
        await d.logged(theirs)
        alerts = (await d.sent())[1:]
        assert alerts
        assert {alert["contact"] for alert in alerts} == {new["contact"]}, "both sides tell of one contact"
        assert set(kinds(alerts)) <= {"confirmed", "readout"}
        assert [text for text in d.shown().values() if "confirmed" in text or "readout" in text]
        told_once(d)

        await _edited_deleted_renamed(d, elysee, india)
        assert await asyncio.to_thread(d.daemon.stop) == 0
        assert d.daemon.errors() == []
        told_once(d)
        d.log.sound()


async def _edited_deleted_renamed(d: Desk, elysee: Writer, india: Writer) -> None:
    known = len(await d.sent())
    post = await elysee.post("I just spoke by phone with Chancellor Merz about Ukraine.")
    await d.logged(post)
    [new] = (await d.sent())[known:]
    assert new["kind"] == "new"

    edited = await elysee.edit(post, "I just spoke by phone with Chancellor Merz about Ukraine and trade.")
    row = await d.logged(edited, revision=2)
    assert row["key"] == post.uri
    assert kinds((await d.sent())[known:]) == ["new"], "an edit that says the same of the contact is no news"

    await elysee.delete(post)
    row = await asyncio.to_thread(_deleted, d, post.uri)
    alerts = (await d.sent())[known:]
    assert kinds(alerts) == ["new", "source_deleted"]
    assert alerts[1]["contact"] == new["contact"]

    known = len(await d.sent())
    await india.rename("pmindia")
    after = await india.post("I met Prime Minister Meloni in Rome today.")
    await d.logged(after)
    assert kinds((await d.sent())[known:]) == ["new"], "a pinned account that takes another handle is still that account"
    notices = [alert for alert in d.log.alerts() if alert["kind"] == "notice"]
    assert [notice["reason"] for notice in notices] == ["account_renamed"], "and the operator is told once"


def _deleted(d: Desk, key: str) -> Row:
    return wait_until(lambda: d.log.rows("SELECT * FROM posts WHERE key = ? AND deleted_at IS NOT NULL", key), "the tombstone", 60)[0]


CALLS = [
    "I just spoke by phone with Chancellor Merz about Ukraine.",
    "I just spoke by phone with Prime Minister Meloni about Libya.",
    "I just spoke by phone with Prime Minister Carney about trade.",
    "I just spoke by phone with Prime Minister Takaichi about the Pacific.",
    "I just spoke by phone with Prime Minister Modi about energy.",
    "I just spoke by phone with Prime Minister Sánchez about migration.",
    "I just spoke by phone with Prime Minister Tusk about defence.",
    "I just spoke by phone with Prime Minister Albanese about submarines.",
    "I just spoke by phone with President Zelenskyy about the front.",
    "I just spoke by phone with President Trump about tariffs.",
]
"""Each tells of another contact, so each must be told exactly once."""


async def test_killed_at_any_point_nothing_is_lost_and_nothing_doubled(
    tmp_path: Path, atnet: Network, room: Room, make_account: MakeAccount
) -> None:
    elysee = await make_account("elysee")
    async with desk(tmp_path, atnet, room, [Watched(elysee, "FR", "presidency", "head_of_state")]) as d:
        await asyncio.to_thread(d.daemon.start)
        await asyncio.to_thread(d.log.baselined, 1)
        calls = iter(CALLS)

        async def again() -> None:
            await asyncio.to_thread(d.daemon.kill)
            await asyncio.to_thread(d.daemon.start)

        # The network has answered, the daemon has not heard of it.
        post = await elysee.post(next(calls))
        await elysee.seen(post)
        await asyncio.to_thread(d.appview.hold("answer", "GET", "getAuthorFeed").reached)
        await again()
        await d.logged(post)

        # The daemon has the posts, and cannot write them down: another process holds the database.
        await d.settled()
        locked = sqlite3.connect(d.log.path, isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        post = await elysee.post(next(calls))
        await elysee.seen(post)
        await asyncio.to_thread(d.appview.hold("request", "GET", "getAuthorFeed").reached)
        await asyncio.to_thread(d.daemon.kill)
        assert d.log.rows("SELECT id FROM posts WHERE key = ?", post.uri) == []
        locked.execute("ROLLBACK")
        locked.close()
        await asyncio.to_thread(d.daemon.start)
        await d.logged(post)

        # The alert is on its way, and has not arrived.
        await d.settled()
        gate = d.homeserver.hold("request", "PUT", "/send/")
        await elysee.post(next(calls))
        await asyncio.to_thread(gate.reached)
        await asyncio.to_thread(d.daemon.kill)
        gate.cut()
        await asyncio.to_thread(d.daemon.start)

        # The alert has arrived, and the daemon does not know.
        await d.settled()
        gate = d.homeserver.hold("answer", "PUT", "/send/")
        await elysee.post(next(calls))
        await asyncio.to_thread(gate.reached)
        await again()
        gate.cut()
        await d.settled()

        # Anywhere in between.
        rng = random.Random(7)
        for text in calls:
            post = await elysee.post(text)
            await asyncio.sleep(rng.random() * 1.5)
            await again()
        await elysee.seen(post)
        await d.logged(post)
        alerts = await d.settled()
        assert await asyncio.to_thread(d.daemon.stop) == 0

        assert kinds(alerts) == ["new"] * len(CALLS), alerts
        assert len({alert["contact"] for alert in alerts}) == len(CALLS)
        assert [alert["attempts"] for alert in alerts[2:4]] == [2, 2], "cut off on the way there, and on the way back"
        texts = list(d.shown().values())
        for call in CALLS:
            assert sum(call.removesuffix(".") in text for text in texts) == 1, call
        told_once(d)
        d.log.sound()


async def test_killed_amid_a_conversation_each_turn_of_it_is_told_once(
    tmp_path: Path, atnet: Network, room: Room, make_account: MakeAccount
) -> None:
    elysee, kanzler = await make_account("elysee"), await make_account("kanzler")
    watched = [Watched(elysee, "FR", "presidency", "head_of_state"), Watched(kanzler, "DE", "leader", "head_of_government")]
    async with desk(tmp_path, atnet, room, watched) as d:
        await asyncio.to_thread(d.daemon.start)
        await asyncio.to_thread(d.log.baselined, 2)
        rng, told = random.Random(11), list[str]()

        async def killed(post: Ref, revision: int, *news: str) -> None:
            """Kill and restart the daemon somewhere on the way from this post to the room; then all the news must be there."""
            await asyncio.sleep(rng.random() * 1.6)
            await asyncio.to_thread(d.daemon.kill)
            await asyncio.to_thread(d.daemon.start)
            await d.logged(post, revision)
            told.extend(news)
            assert kinds(await d.sent()) == told

        first = await elysee.post(CALLS[0])
        await killed(first, 1, "new")
        answer = await kanzler.post("I just spoke by phone with President Macron about Ukraine.")
        await killed(answer, 1, "confirmed")
        edited = await elysee.edit(first, "I just spoke by phone with Chancellor Merz about Ukraine and Gaza.")
        await killed(edited, 2)
        await kanzler.repost(edited)
        other = await kanzler.post("I just spoke by phone with Prime Minister Meloni about steel.")
        await killed(other, 1, "new")
        await elysee.delete(first)
        await killed(first, 3, "source_deleted")
        await kanzler.delete(other)
        await killed(other, 2, "source_deleted")
        assert await asyncio.to_thread(d.daemon.stop) == 0
        told_once(d)
        d.log.sound()


async def test_a_termination_lets_the_alert_under_way_arrive_first(
    tmp_path: Path, atnet: Network, room: Room, make_account: MakeAccount
) -> None:
    elysee = await make_account("elysee")
    async with desk(tmp_path, atnet, room, [Watched(elysee, "FR", "presidency", "head_of_state")]) as d:
        await asyncio.to_thread(d.daemon.start)
        await asyncio.to_thread(d.log.baselined, 1)
        gate = d.homeserver.hold("answer", "PUT", "/send/")
        await elysee.post(CALLS[0])
        await asyncio.to_thread(gate.reached)
        stopping = asyncio.create_task(asyncio.to_thread(d.daemon.stop))
        done, _ = await asyncio.wait({stopping}, timeout=0.5)
        assert not done, "it waits for what is in flight"
        gate.open()
        assert await stopping == 0
        [alert] = d.told()
        assert (alert["state"], alert["attempts"]) == ("sent", 1)
        told_once(d)


async def test_a_network_that_was_away_for_a_while_is_caught_up_with(
    tmp_path: Path, atnet: Network, room: Room, make_account: MakeAccount
) -> None:
    elysee = await make_account("elysee")
    async with desk(tmp_path, atnet, room, [Watched(elysee, "FR", "presidency", "head_of_state")]) as d:
        await asyncio.to_thread(d.daemon.start)
        await asyncio.to_thread(d.log.baselined, 1)
        d.appview.down = d.homeserver.down = True
        posts = [await elysee.post(text) for text in CALLS[:3]]
        await elysee.seen(posts[-1])
        d.appview.down = False
        for post in posts:
            await d.logged(post)
        assert d.shown() == {}
        d.homeserver.down = False
        alerts = await d.settled()
        assert kinds(alerts) == ["new"] * 3
        told_once(d)
        assert await asyncio.to_thread(d.daemon.stop) == 0
