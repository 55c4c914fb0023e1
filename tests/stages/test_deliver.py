"""The deliver stage on the real store: marks, doubts, back-off, suspension, fallback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.channels import DeliveryError, Guarantee, Payload
from monitor.model import Delivery, Earlier, Message, Receipt
from monitor.stages.outbox import Destination, Patience
from tests.stages.deliverybed import KEYED, LOOKED_UP, MARKED, Bed, Scripted, bed, now


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Bed]:
    async with bed(tmp_path) as made:
        yield made


def retry(after: float | None = None) -> DeliveryError:
    return DeliveryError("retry", "too many messages", after)


UNKNOWN = DeliveryError("unknown", "no answer in time")
REJECTED = DeliveryError("rejected", "malformed")


async def test_an_alert_is_sent_once_to_each_channel_and_marked_with_its_receipt(log: Bed) -> None:
    one, two = Scripted("one"), Scripted("two")
    await log.alert("one", "two")
    await log.deliver(one, two)
    assert [len(c.seen) for c in (one, two)] == [1, 1]
    assert [(row[1], row[2], row[5]) for row in log.rows()] == [("one", "sent", "id1"), ("two", "sent", "id2")]


async def test_a_commit_wakes_the_worker_without_waiting_for_its_next_look(log: Bed) -> None:
    channel = Scripted("one")
    slow = Patience(look=3600.0)
    async with log.running(log.stage(channel, patience=slow)) as stage:
        await log.alert("one")
        stage.wake(["one"])
        await log.until(lambda: log.states() == ["sent"])


async def test_a_retry_sends_the_frozen_payload_under_the_same_key(log: Bed) -> None:
    channel = Scripted("one", [retry(), retry()])
    await log.alert("one")
    await log.deliver(channel)
    assert len({(d.key, str(d.payload)) for d in channel.seen}) == 1
    assert [d.attempt for d in channel.seen] == [1, 2, 3]
    assert not any(d.possible_repeat for d in channel.seen)


async def test_what_the_provider_asks_to_wait_is_waited_exactly_and_holds_the_whole_channel(log: Bed) -> None:
    channel, times = Scripted("one"), []

    async def limited(_: Delivery) -> Receipt:
        times.append(asyncio.get_running_loop().time())
        raise retry(0.25)

    async def fine(_: Delivery) -> Receipt:
        times.append(asyncio.get_running_loop().time())
        return Receipt("x")

    channel.script = [limited, fine, fine]
    await log.alert("one")
    await log.alert("one")
    await log.deliver(channel)
    assert times[1] - times[0] >= 0.25
    due, ended = log.rows("SELECT julianday(ended_at), julianday(ended_at) FROM attempts WHERE number = 1 AND result = 'retry'")[
        0
    ]
    assert due == ended
    assert channel.seen[1].id == channel.seen[0].id


def test_back_off_doubles_from_one_second_to_three_hundred_with_jitter_only_upwards() -> None:
    patience = Patience()
    assert [patience.back_off(n, 0.0) for n in (1, 2, 3, 4, 9, 10, 500)] == [1, 2, 4, 8, 256, 300, 300]
    assert patience.back_off(10, 1.0) == 375


async def test_a_rejected_alert_gets_plainer_and_does_not_hold_up_the_next(log: Bed) -> None:
    channel = Scripted("one", [REJECTED, REJECTED])
    await log.alert("one")
    await log.alert("one")
    await log.deliver(channel)
    assert [d.payload["style"] for d in channel.seen if d.id == 1] == ["rich", "plain", "bare"]
    assert log.states() == ["sent", "sent"]


async def test_an_alert_refused_in_its_plainest_form_is_dead_and_the_operator_is_told(log: Bed) -> None:
    channel = Scripted("one", [REJECTED] * 3)
    await log.alert("one")
    await log.deliver(channel)
    assert log.states() == ["dead"]
    assert [n.kind for n in log.notices] == ["undelivered"]


async def test_a_refused_channel_is_suspended_with_its_queue_and_resuming_replays_it(log: Bed) -> None:
    channel = Scripted("one", [DeliveryError("permanent", "the credentials were refused (HTTP 401)")])
    await log.alert("one", headline="first")
    await log.alert("one", headline="second")
    async with log.running(log.stage(channel)) as stage:
        await log.until(lambda: bool(log.notices))
        assert log.rows("SELECT suspended_why FROM channels") == [("the credentials were refused (HTTP 401)",)]
        assert len(channel.seen) == 1
        assert await stage.resume("one") == 2
        await log.until(lambda: log.states() == ["sent", "sent"])
    assert [d.payload["headline"] for d in channel.seen] == ["first", "first", "second"]
    assert [(n.kind, n.resolved) for n in log.notices] == [("channel_suspended", False), ("channel_suspended", True)]


async def test_a_doubtful_delivery_goes_out_again_under_its_key_where_the_receiver_knows_it(log: Bed) -> None:
    channel = Scripted("one", [UNKNOWN], guarantee=KEYED)
    await log.alert("one")
    await log.deliver(channel)
    assert [(d.key == channel.seen[0].key, d.possible_repeat) for d in channel.seen] == [(True, False), (True, False)]


async def test_past_the_receivers_memory_of_keys_a_doubtful_delivery_is_marked(log: Bed) -> None:
    channel = Scripted("one", [UNKNOWN], guarantee=type(KEYED)("same_key", 0.0, "a moment"))
    await log.alert("one")
    await log.deliver(channel)
    assert [d.possible_repeat for d in channel.seen] == [False, True]
    assert log.rows()[0][4] == 1


async def test_a_doubtful_delivery_found_at_the_provider_is_not_sent_again(log: Bed) -> None:
    channel = Scripted("one", [UNKNOWN], guarantee=LOOKED_UP, found=Receipt("ts9"))
    await log.alert("one")
    await log.deliver(channel)
    assert (len(channel.seen), channel.looked_up, log.rows()[0][5]) == (1, 1, "ts9")


async def test_a_doubtful_delivery_that_the_provider_does_not_have_is_sent_unmarked(log: Bed) -> None:
    channel = Scripted("one", [UNKNOWN], guarantee=LOOKED_UP)
    await log.alert("one")
    await log.deliver(channel)
    assert [d.possible_repeat for d in channel.seen] == [False, False]


async def test_without_key_or_look_up_a_doubtful_delivery_says_that_it_may_be_a_repeat_however_often_it_takes(log: Bed) -> None:
    channel = Scripted("one", [UNKNOWN, retry()], guarantee=MARKED)
    await log.alert("one")
    await log.deliver(channel)
    assert [d.possible_repeat for d in channel.seen] == [False, True, True]


async def test_a_channel_set_to_hold_leaves_a_doubtful_delivery_to_a_person(log: Bed) -> None:
    channel = Scripted("one", [UNKNOWN], guarantee=MARKED)
    await log.alert("one")
    await log.alert("one")
    async with log.running(log.stage(Destination(channel, unknown="hold"))):
        await log.until(lambda: bool(log.notices) and "sent" in log.states())
    assert (len(channel.seen), log.states()) == (2, ["unknown", "sent"])


async def test_a_send_that_never_returns_is_cut_off_and_in_doubt(log: Bed) -> None:
    async def hang(_: Delivery) -> Receipt:
        await asyncio.Event().wait()
        raise AssertionError

    channel = Scripted("one", [hang], guarantee=MARKED)
    await log.alert("one")
    await log.deliver(channel)
    assert [d.possible_repeat for d in channel.seen] == [False, True]


async def test_a_dead_channel_delays_no_other(log: Bed) -> None:
    async def hang(_: Delivery) -> Receipt:
        await asyncio.Event().wait()
        raise AssertionError

    dead, well = Scripted("dead", [hang] * 1000), Scripted("well")
    for _ in range(20):
        await log.alert("dead", "well")
    async with log.running(log.stage(dead, well, patience=Patience(deadline=30.0, look=0.05, grace=0.05))):
        await log.until(lambda: len(well.seen) == 20)
    assert len(dead.seen) == 1


async def test_news_of_a_contact_waits_for_its_first_message_and_then_follows_it(log: Bed) -> None:
    channel = Scripted("one", [retry()])
    await log.alert("one", headline="first", contact="c1")
    await log.alert("one", headline="later", contact="c1")
    await log.deliver(channel)
    assert [(d.payload["headline"], d.payload["follows"]) for d in channel.seen] == [
        ("first", None),
        ("first", None),
        ("later", "id1"),
    ]


async def test_urgent_alerts_go_before_quiet_ones(log: Bed) -> None:
    channel = Scripted("one")
    await log.alert("one", headline="quiet", urgent=False)
    await log.alert("one", headline="urgent")
    await log.deliver(channel)
    assert [d.payload["headline"] for d in channel.seen] == ["urgent", "quiet"]


async def test_a_late_alert_goes_to_the_fallback_channel_as_well(log: Bed) -> None:
    slow, spare = Scripted("slow", [retry(3600.0)]), Scripted("spare")
    await log.alert("slow")
    patience = Patience(escalate_after=0.03, look=0.02, grace=1.0)
    async with log.running(log.stage(Destination(slow, fallback="spare"), spare, patience=patience)):
        await log.until(lambda: len(spare.seen) == 1)
    assert [(row[1], row[2]) for row in log.rows()] == [("slow", "retry"), ("spare", "sent")]


async def test_a_suspended_channels_alerts_go_to_its_fallback_at_once(log: Bed) -> None:
    broken, spare = Scripted("broken", [DeliveryError("permanent", "gone")]), Scripted("spare")
    await log.alert("broken")
    async with log.running(log.stage(Destination(broken, fallback="spare"), spare)) as stage:
        await log.until(lambda: len(spare.seen) == 1)
        await log.alert("broken")
        stage.wake(["broken"])
        await log.until(lambda: len(spare.seen) == 2)


async def test_a_buried_alert_goes_to_the_fallback(log: Bed) -> None:
    picky, spare = Scripted("picky", [REJECTED] * 3), Scripted("spare")
    await log.alert("picky")
    async with log.running(log.stage(Destination(picky, fallback="spare"), spare)):
        await log.until(lambda: len(spare.seen) == 1)


async def test_an_alert_that_was_tried_for_too_long_is_given_up_and_the_operator_told(log: Bed) -> None:
    channel = Scripted("one", [retry()] * 10_000)
    await log.alert("one")
    patience = Patience(give_up=0.05, look=0.02, grace=1.0, first=0.001, longest=0.01)
    async with log.running(log.stage(channel, patience=patience)):
        await log.until(lambda: bool(log.notices))
    assert log.states() == ["dead"]


async def test_stopping_finishes_what_is_in_flight_and_leaves_the_rest_as_rows(log: Bed) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(_: Delivery) -> Receipt:
        begun.set()
        await go.wait()
        return Receipt("x")

    channel = Scripted("one", [slow])
    await log.alert("one")
    await log.alert("one")
    stage = log.stage(channel, patience=Patience(look=0.05, grace=5.0))
    task = asyncio.create_task(stage.run())
    await begun.wait()
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)
    go.set()
    await stopping
    await task
    assert log.states() == ["sent", "queued"]


async def test_a_message_that_a_channel_cannot_lay_out_goes_out_as_headline(log: Bed) -> None:
    class Clumsy(Scripted):
        def render(self, message: Message, earlier: Earlier | None) -> Payload:
            if message.lines or message.quote:
                raise ValueError("a bug")
            return super().render(message, earlier)

    channel = Clumsy("one")
    await log.alert("one", headline="still told")
    async with log.running(log.stage(channel)):
        await log.until(lambda: log.states() == ["sent"])
    assert channel.seen[0].payload["headline"] == "still told"


async def test_an_error_of_our_own_is_a_doubt_not_a_loss(log: Bed) -> None:
    channel = Scripted("one", [ZeroDivisionError()], guarantee=MARKED)
    await log.alert("one")
    await log.deliver(channel)
    assert [d.possible_repeat for d in channel.seen] == [False, True]


@pytest.mark.parametrize("guarantee", [KEYED, MARKED, LOOKED_UP], ids=lambda g: g.unknown)
@pytest.mark.parametrize("crash", ["before the send", "after the send"])
async def test_a_crash_around_a_send_loses_nothing_and_a_repeat_is_keyed_or_marked(
    tmp_path: Path, guarantee: Guarantee, crash: str
) -> None:
    far_side: list[Delivery] = []
    async with bed(tmp_path, "run1") as log:
        await log.alert("one")
        claimed = await log.store.claim("one", now(), lambda row: {"style": "rich", "headline": row.message.headline})
        assert claimed is not None
        if crash == "after the send":
            far_side.append(claimed)
    async with bed(tmp_path, "run2") as log:
        assert log.states() == ["unknown"]
        channel = Scripted("one", guarantee=guarantee, found=Receipt("there") if far_side else None)
        await log.deliver(channel)
        far_side += channel.seen
    arrived = {d.key for d in far_side} if guarantee is KEYED else far_side
    unmarked = [d for d in far_side if not d.possible_repeat]
    assert len(arrived) == (2 if guarantee is MARKED and crash == "after the send" else 1)
    assert len(unmarked) <= 1 or guarantee is KEYED
