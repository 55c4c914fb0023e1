"""Triage against a real store: what arrives is matched, followed, worded and queued, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import route
from monitor.model import Interval
from monitor.stages.triage import TAKEN
from tests.stages.newsbed import CALL, IN, START, US, bed, says


async def test_a_flagged_post_becomes_a_contact_an_alert_and_a_queued_delivery(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        assert await b.triage().run() == 1
        ((kind, contact, deliveries),) = await b.alerts()
        assert (kind, deliveries) == ("new", {"desk": ("queued", None)})
        assert contact
        assert b.woken == [frozenset({"desk"})]
        assert b.changed == 1
        (message,) = await b.messages()
        assert "🇺🇸 Donald Trump – 🇮🇳 Narendra Modi: call held · very likely" in message.headline
        assert message.id.startswith(f"{contact}.")


async def test_the_other_side_confirms_and_a_repeat_is_silent(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        b.later(minutes=12)
        await b.arrives(IN, "pm spoke", says(CALL))
        await b.arrives(IN, "pm spoke, again", says(CALL))
        await b.triage().run()
        assert await b.kinds() == ["new", "confirmed"]
        first, second = await b.messages()
        assert "Spoken: United States. Silent so far: India." in first.lines
        assert "Confirmed: India, 12 min after first word." in second.lines
        assert "Both sides have spoken." in second.lines


async def test_triage_run_again_does_nothing(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        await b.arrives(US, "happy birthday")
        await b.triage().run()
        assert await b.triage().run() == 0
        assert await b.kinds() == ["new"]


@pytest.mark.parametrize("committed", [False, True])
async def test_a_transaction_that_is_cut_off_is_made_up_for_once(tmp_path: Path, committed: bool) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL))
        await b.arrives(IN, "pm spoke", says(CALL))

        class Killed:
            pending = b.store.pending

            async def triage(self, batch, decide, now):  # type: ignore[no-untyped-def]
                if committed:
                    await b.store.triage(batch, decide, now)
                raise ConnectionAbortedError

        stage = b.triage()
        stage.store = Killed()
        with pytest.raises(ConnectionAbortedError):
            await stage.run()
        await b.triage().run()
        assert await b.kinds() == ["new", "confirmed"]
        assert len(await b.rows("SELECT id FROM contacts")) == 1


async def test_more_posts_than_one_batch_are_all_triaged(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        for number in range(TAKEN + 3):
            await b.arrives(US, f"good morning {number}")
        await b.arrives(US, "just spoke", says(CALL))
        assert await b.triage().run() == TAKEN + 4
        assert await b.kinds() == ["new"]


async def test_a_flagged_post_does_not_wait_for_the_others_transaction(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "good morning")
        await b.arrives(US, "just spoke", says(CALL))
        await b.arrives(US, "good night")
        written: list[int] = []
        real = b.store.triage

        class Watched:
            pending = b.store.pending

            async def triage(self, batch, decide, now):  # type: ignore[no-untyped-def]
                written.append(len(batch))
                return await real(batch, decide, now)

        stage = b.triage()
        stage.store = Watched()
        await stage.run()
        assert written == [1, 2]


async def test_what_the_first_poll_finds_is_written_and_not_sent(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "just spoke", says(CALL), baseline=True)
        await b.triage().run()
        b.later(minutes=5)
        await b.arrives(IN, "pm spoke", says(CALL))
        await b.triage().run()
        assert [(k, d) for k, _, d in await b.alerts()] == [
            ("new", {"desk": ("suppressed", "baseline")}),
            ("confirmed", {"desk": ("queued", None)}),
        ]


async def test_a_post_that_breaks_the_matcher_is_noted_and_the_others_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with bed(tmp_path) as b:
        await b.arrives(US, "crash")
        await b.arrives(US, "crash", key="test/other")
        await b.arrives(US, "just spoke", says(CALL))
        assert await b.triage().run() == 3
        assert sorted(await b.kinds()) == ["new", "notice"]
        reasons = [row["reason"] for row in await b.rows("SELECT reason FROM findings ORDER BY revision")]
        assert reasons == ["matcher_error", "matcher_error", "yes"]
        notice = next(m for m in await b.messages() if m.kind == "notice")
        assert "test/1 of test:potus.example" in notice.headline
        assert frozenset({"ops"}) in b.woken
        assert "cannot read this" in caplog.text


async def test_an_edit_that_breaks_the_matcher_withdraws_nothing(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        key = await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        await b.arrives(US, "crash", key=key, version="2")
        await b.triage().run()
        assert [k for k in await b.kinds() if k != "notice"] == ["new"]


async def test_a_decision_that_fails_costs_its_own_post_only(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        backwards = replace(CALL, mode="smoke signals")  # type: ignore[arg-type]
        await b.arrives(US, "smoke", says(backwards))
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        assert sorted(await b.kinds()) == ["new", "notice"]


async def test_the_deletion_of_the_post_is_told(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        key = await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        b.later(minutes=30)
        await b.arrives(US, "", key=key, version="gone", deleted=True)
        await b.triage().run()
        assert await b.kinds() == ["new", "source_deleted"]
        message = (await b.messages())[-1]
        assert "post deleted" in message.headline
        assert "@potus.example deleted the post, 30 min after first word." in message.lines
        assert "No post stands behind it any more." in message.lines
        assert message.quote == ""


async def test_an_edit_of_a_live_post_is_told_although_the_post_is_old(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        planned = replace(CALL, mode="meeting", status="upcoming", when=Interval(START + timedelta(days=3), START + timedelta(days=4), "day"))
        key = await b.arrives(US, "will meet", says(planned))
        await b.triage().run()
        b.later(hours=20)
        await b.arrives(US, "will not meet", says(replace(planned, status="cancelled")), key=key, version="2")
        await b.triage().run()
        assert [(k, d["desk"][0]) for k, _, d in await b.alerts()] == [("new", "queued"), ("cancelled", "queued")]


async def test_history_is_of_the_pair_and_counts_this_one(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        for text in ("first", "second", "third"):
            await b.arrives(US, text, says(CALL))
            await b.triage().run()
            b.later(days=3)
        assert [next(line for line in m.lines if "contact" in line) for m in await b.messages()] == [
            "First contact in the log.",
            "2nd contact this year; last: call, 4 May 2026.",
            "3rd contact this year; last: call, 7 May 2026.",
        ]


async def test_a_correction_goes_to_everyone_who_was_told(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        b.rules = route.Rules(routes=(route.Route(("news",), kinds=frozenset({"new"})), route.Route(("all",))))
        key = await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        await b.arrives(US, "", key=key, version="gone", deleted=True)
        await b.triage().run()
        assert {k: sorted(d) for k, _, d in await b.alerts()} == {"new": ["all", "news"], "source_deleted": ["all", "news"]}


async def test_the_flood_guard_counts_what_the_log_has_sent(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        b.rules = route.Rules(channels=("desk",), flood=2)
        for day in range(3):
            when = Interval(START + timedelta(days=day), START + timedelta(days=day + 1), "day")
            await b.arrives(US, f"call {day}", says(replace(CALL, when=when)))
        await b.triage().run()
        assert [d["desk"] for _, _, d in await b.alerts()] == [("queued", None), ("queued", None), ("suppressed", "flood")]


async def test_a_silence_keeps_the_alert_and_says_why(tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        await b.store.add_act("silence", "pair:IN+US", {}, "ann", b.now)
        await b.arrives(US, "just spoke", says(CALL))
        await b.triage().run()
        ((_, _, deliveries),) = await b.alerts()
        assert deliveries["desk"] == ("suppressed", "silence 1: pair IN, US")
