"""Watch against a real store: what time and people bring about, once, over restarts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from monitor import compose, route
from monitor.model import Interval, Notice
from tests.stages.newsbed import CALL, IN, START, US, Bed, bed, says

PLAN = replace(CALL, mode="meeting", status="upcoming", when=Interval(START + timedelta(days=2), START + timedelta(days=3), "day"))


async def answers(b: Bed) -> list[str]:
    return [row["result"] for row in await b.rows("SELECT result FROM acts_applied ORDER BY act")]


async def contact_ids(b: Bed) -> list[str]:
    return [row["id"] for row in await b.rows("SELECT id FROM contacts ORDER BY opened_at, id")]


async def test_a_readout_is_overdue_once_and_after_a_restart_not_again(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        b.later(hours=11, minutes=59)
        assert await b.watch().run() == 0
        b.later(minutes=1)
        assert await b.watch().run() == 1
        b.restart()
        assert await b.watch().run() == 0
        message = (await b.messages())[-1]
        assert "still no readout" in message.headline
        assert "No readout 12 h after first word." in message.lines
        assert not message.urgent
        assert (await b.alerts())[-1][2] == {"desk": ("queued", None)}


async def test_a_plan_lapses_once(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "will meet", says(PLAN))
        await b.triage().run()
        b.later(days=3, hours=7)
        assert await b.watch().run() == 1
        assert await b.watch().run() == 0
        message = (await b.messages())[-1]
        assert message.kind == "lapsed"
        assert any("nobody has said what became of it" in line for line in message.lines)


async def test_a_time_driven_alert_goes_to_no_channel_that_was_not_told(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        b.rules = route.Rules(routes=(route.Route(("sure",), min_confidence=0.99), route.Route(("desk",))))
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        b.rules = route.Rules(routes=(route.Route(("sure",)), route.Route(("desk",))))
        b.later(hours=13)
        await b.watch().run()
        assert list((await b.alerts())[-1][2]) == ["desk"]


async def test_both_governments_are_polled_closely_after_a_new_contact_and_again_after_a_restart(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        await b.watch().run()
        await b.watch().run()
        until = START + timedelta(hours=3)
        assert b.hot == [(frozenset({"US", "IN"}), until)]
        b.restart()
        b.later(hours=1)
        await b.watch().run()
        assert b.hot == [(frozenset({"US", "IN"}), until)] * 2
        b.restart()
        b.later(hours=3)
        await b.watch().run()
        assert len(b.hot) == 2


async def test_what_is_only_baseline_heats_nothing(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL), baseline=True)
        await b.triage().run()
        await b.watch().run()
        assert b.hot == []


async def test_an_hourly_digest_gathers_what_waited_and_tells_it_once(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        hourly = route.parse("hourly")
        b.rules = route.Rules(routes=(route.Route(("digest",), digest=hourly),))
        b.later(minutes=20)
        await b.arrives(US, "just spoke", says(CALL))
        await b.arrives(US, "will meet", says(PLAN))
        await b.triage().run()
        assert await b.watch().run() == 0
        b.later(minutes=41)
        assert await b.watch().run() == 1
        assert await b.watch().run() == 0
        kind, contact, deliveries = (await b.alerts())[-1]
        assert (kind, contact, deliveries) == ("digest", None, {"digest": ("queued", None)})
        message = (await b.messages())[-1]
        assert message.headline.startswith("2 alerts")
        assert len(message.lines) == 2
        assert "call held" in message.lines[0]


async def test_a_flood_ends_in_one_digest_and_nothing_is_lost(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        b.rules = route.Rules(channels=("desk",), flood=1)
        for day in range(4):
            when = Interval(START + timedelta(days=day), START + timedelta(days=day + 1), "day")
            await b.arrives(US, f"call {day}", says(replace(CALL, when=when)))
        await b.triage().run()
        assert await b.watch().run() == 0
        b.later(seconds=61)
        assert await b.watch().run() == 1
        assert await b.watch().run() == 0
        message = (await b.messages())[-1]
        assert "3 alerts held back" in message.headline
        assert len(message.lines) == 3


async def test_quiet_hours_hold_an_alert_until_they_end(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        b.rules = route.Rules(routes=(route.Route(("desk",), quiet=route.Quiet(time(9), time(11))),))
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        assert (await b.rows("SELECT next_at FROM deliveries"))[0]["next_at"] == "2026-05-04T11:00:00.000Z"


async def test_a_merge_makes_one_contact_answers_and_tells_the_other_thread(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        b.later(days=2)
        await b.arrives(IN, "pm spoke", says(CALL))
        await b.triage().run()
        one, other = await contact_ids(b)
        await b.store.add_act("merge", other, {"with": one}, "ann", b.now)
        await b.watch().run()
        assert await answers(b) == [f"{one} is now {other}"]
        assert ("update", one) in [(kind, contact) for kind, contact, _ in await b.alerts()]
        b.later(minutes=1)
        await b.arrives(IN, "readout", says(CALL, form="readout"))
        await b.triage().run()
        assert (await b.alerts())[-1][:2] == ("readout", other)


async def test_a_later_act_outweighs_an_earlier_one(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        key = await b.arrives(IN, "pm spoke", says(CALL))
        await b.triage().run()
        (one,) = await contact_ids(b)
        await b.store.add_act("split", one, {"posts": [key]}, "ann", b.now)
        await b.watch().run()
        other = next(i for i in await contact_ids(b) if i != one)
        await b.store.add_act("merge", one, {"with": other}, "ann", b.now)
        await b.watch().run()
        assert [row["kind"] for row in await b.rows("SELECT kind FROM links")] == ["must"]
        await b.arrives(IN, "pm spoke, edited", says(CALL), key=key, version="2")
        await b.triage().run()
        assert [len(c) for c in await b.rows("SELECT merged_into FROM contacts WHERE merged_into IS NULL")] == [1]

async def test_a_split_post_is_a_contact_of_its_own_and_stays_apart(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        key = await b.arrives(IN, "pm spoke", says(CALL))
        await b.triage().run()
        (one,) = await contact_ids(b)
        await b.store.add_act("split", one, {"posts": [key]}, "ann", b.now)
        await b.watch().run()
        assert len(await contact_ids(b)) == 2
        await b.arrives(IN, "pm spoke", key=key, version="2")
        await b.triage().run()
        assert len(await contact_ids(b)) == 2
        links = await b.rows("SELECT kind FROM links")
        assert [row["kind"] for row in links] == ["must_not"]


async def test_a_retracted_contact_is_told_to_those_who_heard_of_it(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        (one,) = await contact_ids(b)
        shown = (await b.messages())[0].id  # as a desk copies it from the footer
        await b.store.add_act("retract", shown, {"why": "an old picture"}, "ann", b.now)
        await b.store.add_act("retract", one, {}, "bob", b.now)
        await b.watch().run()
        assert await answers(b) == [f"{one} retracted", f"{one} was retracted before"]
        message = (await b.messages())[-1]
        assert "RETRACTED" in message.headline
        assert "A reviewer took this alert back: an old picture" in message.lines
        assert (await b.alerts())[-1][2] == {"desk": ("queued", None)}


async def test_an_act_that_cannot_be_carried_out_is_answered_once(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.store.add_act("merge", "no-such", {"with": "thing"}, "ann", b.now)
        await b.store.add_act("split", "no-such", {}, "ann", b.now)
        await b.store.add_act("resume", "gone", {}, "ann", b.now)
        await b.store.add_act("label", "test/1", {"flagged": True}, "ann", b.now)
        await b.watch().run()
        assert [a.split(":")[0] for a in await answers(b)] == ["failed", "failed", "failed", "noted"]
        await b.watch().run()
        assert len(await answers(b)) == 4


async def test_a_suspended_channel_is_taken_up_again(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.store.add_act("resume", "desk", {}, "ann", b.now)
        await b.watch().run()
        assert b.resumed == ["desk"]
        assert await answers(b) == ["3 deliveries take up again"]


async def test_an_old_registry_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        old, new = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
        for as_of in (new, old, old, new, new):
            await b.watch().registry(as_of)
        headlines = [m.headline for m in await b.messages()]
        assert len(headlines) == 2
        assert headlines[1].startswith("Hotline: over:")


async def test_a_notice_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        operator = b.operator
    assert await operator.tell(Notice("x", "y", "z")) is False


async def test_a_footers_id_is_proved_by_the_key(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        key = await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        (message,) = await b.messages()
        assert compose.contact_of(message.id) == (await contact_ids(b))[0]
        assert compose.verify(message.id, [key], "key") == key
        assert compose.verify(message.id, [key], "another key") is None


async def test_what_was_retracted_while_it_waited_is_in_no_digest(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        b.rules = route.Rules(routes=(route.Route(("digest",), digest=route.parse("hourly")),))
        await b.arrives(US, "just spoke", says(CALL))
        await b.arrives(US, "will meet", says(PLAN))
        await b.triage().run()
        wrong = next(row["id"] for row in await b.rows("SELECT id FROM contacts WHERE mode = 'call'"))
        await b.store.add_act("retract", wrong, {}, "ann", b.now)
        b.later(minutes=61)
        await b.watch().run()
        (message,) = [m for m in await b.messages() if m.kind == "digest"]
        assert [line for line in message.lines if "call" in line] == []
        assert len(message.lines) == 1
