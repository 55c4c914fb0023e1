"""Networks that fail: names that do not resolve, hours without any, one source that hangs, one channel that is dead, keys revoked."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.daemon import Crew
from monitor.match import Matcher
from tests.faults.bed import SAYS, START, Hand, Stopwatch, alerts, claim, counted, pairs, plan, process, rows, say
from tests.faults.tally import record
from tests.real.receiver import Answer, Receiver

FEED = """
[[account]]
source = "feed"
handle = "us"
url = "{url}/feed.xml"
country = "US"
kind = "presidency"
office = "head_of_state"
every = "1s"
"""


def feed(*words: str) -> Answer:
    items = "".join(
        f"<item><guid>{number}</guid><title>{text}</title><pubDate>{format_datetime(START + timedelta(minutes=number))}</pubDate></item>"
        for number, text in enumerate(words)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>US</title>{items}</channel></rss>'
    return Answer(body=body.encode(), headers={"content-type": "application/rss+xml"})


@pytest.fixture
def site() -> Any:
    running = Receiver()
    running.otherwise = feed("Welcome.")
    yield running
    running.stop()


def states(database: Path, channel: str) -> set[str]:
    return {row["state"] for row in rows(database, "SELECT state FROM deliveries WHERE channel = ? AND contact IS NOT NULL", channel)}


async def test_a_source_that_hangs_holds_up_no_other(tmp_path: Path, receiver: Receiver, site: Receiver, matcher: Matcher) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher, FEED.format(url=site.url))
    async with process(made, hand) as running:
        await running.look()
        site.otherwise = Answer(delay=float("inf"))
        crew = Crew(made, running.store, running.world)
        await crew.start()
        watch = Stopwatch()
        for number, (a, b) in enumerate(pairs()):
            say(tmp_path, claim(a, b, START + timedelta(minutes=number)))
            await _until(lambda want=2 * (number + 1): len(receiver.requests) >= want)
        took = watch()
        crew.poll._schedule = type(crew.poll._schedule)(crew.poll._schedule.concurrency, 0.0, 0.1)
        await crew.drain()
    record(counted("one source hangs", 1, made.database, receiver.requests, took))


async def _until(true: Any) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what arrives at the receiver raises no event here
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(status=503), "one channel dead (503)"),
        (Answer(hang_up="before"), "one channel dead (connection cut before the request)"),
        (Answer(hang_up="after"), "one channel dead (connection cut after the request)"),
        (Answer(status=429, headers={"retry-after": "120"}), "one channel refuses for two minutes (429)"),
    ],
)
async def test_a_dead_channel_holds_up_no_other_and_catches_up(
    tmp_path: Path, receiver: Receiver, matcher: Matcher, answer: Answer, fault: str
) -> None:
    hand, dead = Hand(), Receiver()
    dead.otherwise = answer
    made = plan(tmp_path, receiver.url, matcher)
    (tmp_path / "keyless").write_text(f"{dead.url}/hooks/keyless")
    try:
        async with process(made, hand) as running:
            for number, (a, b) in enumerate(pairs()):
                say(tmp_path, claim(a, b, START + timedelta(minutes=number)))
                hand.on(130)
                await running.look(0.5)
            assert states(made.database, "keyed") == {"sent"}
            assert "sent" not in states(made.database, "keyless")
            injected = len(dead.requests) or 6
            dead.requests.clear()  # whatever arrived until now was cut off or refused
            dead.otherwise = Answer(body=b"ok")
            hand.on(700)
            watch = Stopwatch()
            assert await running.look()
        record(counted(fault, injected, made.database, [*receiver.requests, *dead.requests], watch()))
    finally:
        dead.stop()


async def test_credentials_of_a_channel_revoked_in_flight_keep_its_queue_until_a_person_resumes_it(
    tmp_path: Path, receiver: Receiver, matcher: Matcher
) -> None:
    hand, desk = Hand(), Receiver()
    desk.otherwise = Answer(body=b"ok")
    made = plan(tmp_path, receiver.url, matcher)
    (tmp_path / "keyless").write_text(f"{desk.url}/hooks/keyless")
    try:
        async with process(made, hand) as running:
            for number, (a, b) in enumerate(pairs()):
                if number == 2:
                    desk.otherwise = Answer(status=401)
                say(tmp_path, claim(a, b, START + timedelta(minutes=number)))
                hand.on(60)
                await running.look()
            assert len(list(rows(made.database, "SELECT 1 FROM notices WHERE kind = 'channel_suspended'"))) == 1
            refused = [request for request in desk.requests if not request.accepted]
            assert len(refused) == 1, "a channel that refuses is not asked again and again"
            desk.otherwise = Answer(body=b"ok")
            await running.store.add_act("resume", "keyless", {}, "desk", hand())
            watch = Stopwatch()
            assert await running.look()
        record(counted("channel's credentials revoked in flight (401)", 1, made.database, [*receiver.requests, *desk.requests], watch()))
    finally:
        desk.stop()


async def test_credentials_of_a_source_revoked_are_told_and_what_was_said_meanwhile_is_told_after(
    tmp_path: Path, receiver: Receiver, site: Receiver, matcher: Matcher
) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher, FEED.format(url=site.url))
    async with process(made, hand) as running:
        await running.look()
        site.otherwise = Answer(status=401)
        crew = Crew(made, running.store, running.world)
        await crew.poll.start(made.config.accounts())
        for _ in range(3):
            hand.on(60)
            await crew.poll.once()
        await crew.poll.flush()
        await crew.close()
        [notice] = rows(made.database, "SELECT kind, text FROM notices WHERE resolved_at IS NULL")
        assert notice["kind"] == "account_unreachable"
        site.otherwise = feed("Welcome.", "President Trump just spoke by phone with Prime Minister Modi.")
        hand.on(60)
        watch = Stopwatch()
        await running.look()
    assert alerts(made.database) == [("IN US", "new")]
    record(counted("source's credentials revoked (401)", 3, made.database, receiver.requests, watch()))


async def test_while_no_name_resolves_everything_waits_and_then_goes_on(
    tmp_path: Path, receiver: Receiver, site: Receiver, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = Hand()
    named = receiver.url.replace("127.0.0.1", "localhost")
    made = plan(tmp_path, named, matcher, FEED.format(url=site.url.replace("127.0.0.1", "localhost")))
    resolve = socket.getaddrinfo
    looked: list[str] = []

    def down(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "localhost":
            looked.append(host)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(host, *args, **kwargs)

    async with process(made, hand) as running:
        await running.look()
        site.otherwise = feed("Welcome.", "President Trump just spoke by phone with Prime Minister Modi.")
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", down)
            for number, (a, b) in enumerate(pairs()):
                say(tmp_path, claim(a, b, START + timedelta(minutes=number)))
                hand.on(60)
                await running.look(0.3)
            assert states(made.database, "keyed") <= {"queued", "retry"}, "nothing left: it is no doubt, and no repeat"
        hand.on(700)
        watch = Stopwatch()
        assert await running.look()
    assert len(alerts(made.database)) == 7
    record(counted("DNS down", len(looked), made.database, receiver.requests, watch()))


async def test_hours_without_a_network_are_caught_up_with_as_one_digest_and_not_as_a_flood(
    tmp_path: Path, receiver: Receiver, matcher: Matcher
) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher, flood=5)
    async with process(made, hand) as running:
        await running.look()
        away = {name: (tmp_path / f"{name.lower()}.jsonl").rename(tmp_path / f"{name}.away") for name in SAYS}
        for number, (a, b) in enumerate(pairs()):
            for by, other in ((a, b), (b, a)):
                with away[by].open("a") as file:
                    file.write(json.dumps(claim(by, other, START + timedelta(minutes=number))) + "\n")
        for _ in range(6):
            hand.on(3600)
            await running.look()
        assert alerts(made.database) == []
        for name, path in away.items():
            path.rename(tmp_path / f"{name.lower()}.jsonl")
        watch = Stopwatch()
        for _ in range(4):
            await running.look()
            hand.on(61)
        took = watch()
    assert len(alerts(made.database)) == 12
    by_channel = rows(made.database, "SELECT channel, COUNT(*) AS sent FROM deliveries WHERE state = 'sent' GROUP BY channel")
    assert {row["channel"]: row["sent"] for row in by_channel} == {"keyed": 6, "keyless": 6}, "five alerts and a digest of seven"
    held = rows(made.database, "SELECT told_by FROM deliveries WHERE state = 'suppressed' AND contact IS NOT NULL")
    assert len(held) == 14
    assert all(row["told_by"] is not None for row in held), "every alert that was held back is in a digest"
    record(counted("network gone for six hours", 1, made.database, receiver.requests, took))
