"""Clocks that are set, zones that change their time: nothing is told that is not so, nothing is lost, nothing waits a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.daemon import Crew, World
from monitor.daemon.meter import Meter
from monitor.daemon.pulse import Pulse
from monitor.daemon.selfwatch import SelfWatch
from monitor.match import Matcher
from monitor.stages.steady import GRACE, Steady
from monitor.store import Store
from tests.faults.bed import START, Hand, alerts, claim, counted, plan, process, rows, say
from tests.faults.tally import record
from tests.real.receiver import Answer, Receiver

DAY = timedelta(days=1)
PLAN = {"id": "plan", "account": "it", "text": "Tomorrow I will speak by phone with Prime Minister Modi.", "created_at": START.isoformat()}


async def test_a_clock_set_forward_a_day_loses_no_alert_and_calls_nothing_overdue_or_lapsed(
    tmp_path: Path, receiver: Receiver, matcher: Matcher
) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher)
    async with process(made, hand) as running:
        say(tmp_path, claim("FR", "DE", START), PLAN)
        await running.look()
        assert ("DE FR", "new") in alerts(made.database)
        before = alerts(made.database)

        hand.set(DAY)
        say(tmp_path, claim("FR", "IN", START + timedelta(minutes=1)))  # posted now, and looks a day old
        await running.look()
        assert alerts(made.database) == [*before, ("FR IN", "new")]
        hand.on(60)
        await running.look()
        assert alerts(made.database) == [*before, ("FR IN", "new")], "neither overdue nor lapsed"

        hand.set(-DAY)
        say(tmp_path, claim("DE", "IT", START + timedelta(minutes=2)))
        await running.look()
        assert alerts(made.database)[len(before) :] == [("FR IN", "new"), ("DE IT", "new")]
        assert {row["state"] for row in rows(made.database, "SELECT state FROM deliveries")} == {"sent"}
    record(counted("clock set forward a day and back", 2, made.database, receiver.requests))


async def test_a_clock_that_stays_ahead_is_believed_after_an_hour(tmp_path: Path, receiver: Receiver, matcher: Matcher) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher)
    async with process(made, hand) as running:
        say(tmp_path, claim("FR", "DE", START))
        await running.look()
        hand.set(DAY)
        await running.look()
        assert alerts(made.database) == [("DE FR", "new")]
        hand.on(GRACE + 1)
        await running.look()
        assert alerts(made.database) == [("DE FR", "new"), ("DE FR", "overdue")]


async def test_an_alert_that_was_tried_in_a_future_the_clock_came_back_from_does_not_wait_for_it(
    tmp_path: Path, receiver: Receiver, matcher: Matcher
) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher)
    watch = SelfWatch(Pulse.begin(hand, lambda: hand.mono), Meter())
    async with process(made, hand) as running:
        crew = Crew(made, running.store, running.world)
        await watch.look(crew)
        hand.set(DAY)
        receiver.otherwise = Answer(status=503)
        say(tmp_path, claim("FR", "DE", START))
        await running.look(1.0)
        assert {row["state"] for row in rows(made.database, "SELECT state FROM deliveries WHERE contact IS NOT NULL")} == {"retry"}
        hand.set(-DAY)
        hand.on(5)
        receiver.otherwise = Answer(body=b"ok")
        await watch.look(crew)
        await crew.close()
        await running.look()
    record(counted("clock set back a day under an alert", 1, made.database, receiver.requests))


async def test_a_restart_after_the_clock_was_set_back_does_not_wait_either(tmp_path: Path, receiver: Receiver, matcher: Matcher) -> None:
    hand = Hand()
    made = plan(tmp_path, receiver.url, matcher)
    hand.set(DAY)
    receiver.otherwise = Answer(status=503)
    async with process(made, hand) as running:
        say(tmp_path, claim("FR", "DE", hand.wall))
        await running.look(1.0)
    hand.set(-DAY)
    hand.on(5)
    receiver.otherwise = Answer(body=b"ok")
    async with process(made, hand) as running:
        await running.look()
    record(counted("clock set back a day while stopped", 1, made.database, receiver.requests))


@pytest.mark.parametrize(
    ("before", "hours"),
    [(datetime(2026, 3, 28, 12, tzinfo=UTC), 48), (datetime(2026, 10, 24, 12, tzinfo=UTC), 48)],
    ids=["the hour of the heartbeat is skipped", "the hour of the heartbeat comes twice"],
)
async def test_on_a_day_of_23_or_25_hours_the_sign_of_life_is_given_once(
    tmp_path: Path, receiver: Receiver, matcher: Matcher, before: datetime, hours: int
) -> None:
    hand = Hand()
    hand.wall = before
    made = plan(tmp_path, receiver.url, matcher, more='[desk]\ntimezone = "Europe/Paris"\n[health]\nheartbeat = "02:30"\n')
    store = await Store.open(made.database, run="r", clock=hand)
    crew = Crew(made, store, World(hand, lambda: 0.5))
    watch = SelfWatch(Pulse.begin(hand, lambda: hand.mono), Meter())
    for _ in range(hours * 2):
        await watch._heartbeat(crew)
        hand.on(1800)
    await crew.close()
    await store.close()
    days = [row["headline"] for row in rows(made.database, "SELECT headline FROM alerts WHERE kind = 'heartbeat' ORDER BY id")]
    assert len(days) == 3, "on the first day at once, for its hour is over; then once a day"


def test_a_step_is_noticed_and_a_slow_clock_is_not() -> None:
    hand = Hand()
    steady = Steady(hand, lambda: hand.mono)
    for _ in range(1000):
        hand.on(60)
        hand.set(timedelta(milliseconds=30))  # 500 ppm: as much as a time service slews
        assert steady.doubted() == timedelta()
    hand.set(DAY)
    assert abs(steady.doubted() - DAY) < timedelta(seconds=1)
    hand.on(GRACE + 1)
    assert steady.doubted() == timedelta()
    assert abs(steady.ahead() - DAY) < timedelta(seconds=1), "no post is called old because of it for as long as this run lasts"
    hand.set(-DAY)
    assert steady.ahead() < timedelta(seconds=1)
