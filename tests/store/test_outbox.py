"""T3: the outbox's states, its order, and what it never does: lose, double, or change what it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from monitor.model import Delivery, Earlier, Notice, Receipt
from monitor.store import ClaimRow, RenderFailed, Store
from tests.store.conftest import OpenStore
from tests.store.sample import NOW, alert, contact, freeze, later, message, tell

Ask = Callable[..., list[tuple[Any, ...]]]


async def claimed(store: Store, channel: str = "desk", now: Any = NOW) -> Delivery:
    delivery = await store.claim(channel, now, freeze)
    assert delivery is not None
    return delivery


async def queue(store: Store, *names: str, **how: Any) -> None:
    """One alert of each of these contacts for the desk, in this order."""
    for name in names:
        await tell(store, alert(name, **how), contacts=[contact(name)])


async def test_a_claim_is_written_down_before_it_is_sent(store: Store, ask: Ask) -> None:
    await queue(store, "c")
    delivery = await claimed(store)
    assert (delivery.channel, delivery.attempt, delivery.payload) == ("desk", 1, {"text": "Trump – Modi: call", "after": None})
    assert ask("SELECT state, run, attempts FROM deliveries") == [("sending", "run-1", 1)]
    assert ask("SELECT number, result, ended_at FROM attempts") == [(1, "sending", None)]
    assert await store.claim("desk", NOW, freeze) is None
    assert await store.claim("other", NOW, freeze) is None


async def test_what_is_sent_is_done(store: Store, ask: Ask) -> None:
    await queue(store, "c")
    delivery = await claimed(store)
    await store.mark_sent(delivery.id, Receipt("m1", "t1", "201"), later(1))
    assert ask("SELECT state, provider_id, provider_thread, next_at, sent_at FROM deliveries") == [
        ("sent", "m1", "t1", None, "2026-11-22T09:00:01.000Z")
    ]
    assert ask("SELECT result, detail, ended_at FROM attempts") == [("sent", "201", "2026-11-22T09:00:01.000Z")]
    assert ask("SELECT channel, waiting, last_success FROM v_channels") == [("desk", 0, "2026-11-22T09:00:01.000Z")]
    assert await store.next_due(["desk"]) is None


async def test_a_late_word_does_not_undo_what_was_sent(store: Store, ask: Ask) -> None:
    await queue(store, "c")
    delivery = await claimed(store)
    await store.mark_sent(delivery.id, Receipt("m1"), NOW)
    await store.mark_sent(delivery.id, Receipt("m2"), NOW)
    await store.mark_retry(delivery.id, NOW, "late", NOW)
    await store.mark_dead(delivery.id, "late", NOW)
    assert ask("SELECT state, provider_id FROM deliveries") == [("sent", "m1")]
    assert ask("SELECT last_error FROM channels") == [(None,)]


async def test_a_retry_waits_and_sends_the_same_bytes_under_the_same_key(store: Store) -> None:
    await queue(store, "c")
    first = await claimed(store)
    await store.mark_retry(first.id, later(30), "503", NOW)
    assert await store.claim("desk", later(29), freeze) is None
    assert await store.next_due(["desk"]) == later(30)
    second = await store.claim("desk", later(30), lambda _: {"text": "changed"})
    assert second is not None
    assert (second.payload, second.key, second.attempt) == (first.payload, first.key, 2)


async def test_an_unknown_is_claimed_as_such_and_remembers_since_when(store: Store) -> None:
    await queue(store, "c")
    first = await claimed(store, now=later(1))
    await store.mark_unknown(first.id, "timed out", later(40), later(50))
    assert await store.claim("desk", later(60), freeze) is None
    assert await store.claim_unknown("desk", later(49), repeat=False) is None
    assert await store.next_due(["desk"]) == later(50)
    second = await store.claim_unknown("desk", later(60), repeat=False)
    assert second is not None
    assert (second.unknown_since, second.possible_repeat, second.key) == (later(1), False, first.key)
    await store.mark_unknown(second.id, "timed out", later(70), later(80))
    third = await store.claim_unknown("desk", later(80), repeat=True)
    assert third is not None
    assert (third.unknown_since, third.possible_repeat, third.attempt) == (later(1), True, 3)


async def test_a_possible_repeat_stays_marked(store: Store) -> None:
    await queue(store, "c")
    first = await claimed(store)
    await store.mark_possible_repeat(first.id)
    await store.mark_retry(first.id, NOW, "503", NOW)
    assert (await claimed(store)).possible_repeat


async def test_an_unknown_that_a_person_must_settle_holds_nobody_up(store: Store) -> None:
    await queue(store, "c", "c")
    first = await claimed(store)
    await store.mark_unknown(first.id, "held", NOW, None)
    assert await store.claim_unknown("desk", later(days=9), repeat=False) is None
    assert (await claimed(store)).alert == 2
    assert await store.resume("desk", NOW) == 1
    assert await store.claim_unknown("desk", NOW, repeat=False) is not None


async def test_what_another_run_was_sending_is_unknown_at_start(open_store: OpenStore, ask: Ask) -> None:
    store = await open_store()
    await queue(store, "c")
    await claimed(store)
    await store.close()
    again = await open_store("run-2", later(60))
    assert ask("SELECT state, unknown_since FROM deliveries") == [("unknown", "2026-11-22T09:00:00.000Z")]
    assert ask("SELECT result, detail FROM attempts") == [("unknown", "Hotline stopped while sending")]
    delivery = await again.claim_unknown("desk", later(60), repeat=False)
    assert delivery is not None
    assert delivery.attempt == 2


async def test_a_refused_message_goes_on_plainer_and_ends_dead(store: Store, ask: Ask) -> None:
    await queue(store, "c")
    first = await claimed(store)
    await store.mark_rejected(first.id, {"text": "plain"}, "400 bad blocks", NOW)
    second = await claimed(store)
    assert (second.payload, second.key) == ({"text": "plain"}, first.key)
    await store.mark_rejected(second.id, None, "400 again", NOW)
    assert ask("SELECT state, reason, next_at FROM deliveries") == [("dead", "400 again", None)]
    assert ask("SELECT result FROM attempts ORDER BY id") == [("rejected",), ("rejected",)]


async def test_urgent_alerts_go_first_and_the_rest_in_order(store: Store) -> None:
    await queue(store, "a", "b", urgent=False)
    await queue(store, "c", "d", urgent=True)
    assert [(await claimed(store)).alert for _ in range(4)] == [3, 4, 1, 2]


async def test_news_of_a_contact_keep_their_order_and_hold_up_no_other(store: Store) -> None:
    await queue(store, "c", "c", "other")
    first = await claimed(store)
    assert (await claimed(store)).alert == 3
    assert await store.claim("desk", NOW, freeze) is None  # the second of the contact waits for the first
    await store.mark_retry(first.id, later(30), "503", NOW)
    assert await store.claim("desk", later(29), freeze) is None
    assert await store.next_due(["desk"]) == later(30)
    await store.mark_sent((await claimed(store, now=later(30))).id, Receipt("m1"), later(30))
    assert (await claimed(store, now=later(30))).payload["after"] == "m1"


async def test_an_alert_that_waits_for_the_morning_does_not_hold_up_an_urgent_one(store: Store) -> None:
    await queue(store, "c", next_at=later(3600), urgent=False)
    await queue(store, "c")
    assert (await claimed(store)).alert == 2
    assert await store.next_due(["desk"]) is not None
    assert (await store.next_due(["desk", "none"])) == later(3600)


async def test_the_same_contact_in_another_channel_does_not_wait(store: Store) -> None:
    await tell(store, alert("c", "desk", "war-room"), contacts=[contact("c")])
    await claimed(store, "desk")
    await claimed(store, "war-room")


async def test_the_first_message_that_was_sent_is_what_later_ones_follow(store: Store) -> None:
    await queue(store, "c", "c", "c")
    seen: list[Earlier | None] = []

    def look(row: ClaimRow) -> dict[str, Any]:
        seen.append(row.earlier)
        return {"n": row.alert, "kind": row.kind, "contact": row.contact}

    for number in range(3):
        delivery = await store.claim("desk", NOW, look)
        assert delivery is not None
        await store.mark_sent(delivery.id, Receipt(f"m{number}" if number else None, "thread"), NOW)
    assert seen == [None, None, Earlier("m1", "thread", {"n": 2, "kind": "new", "contact": "c"})]


async def test_a_payload_that_cannot_be_made_is_dead_and_the_next_goes_on(store: Store, ask: Ask) -> None:
    await queue(store, "a", "b")

    def broken(row: ClaimRow) -> dict[str, Any]:
        raise KeyError("blocks")

    with pytest.raises(RenderFailed, match=r"Delivery 1 could not be laid out and is dead: KeyError: 'blocks'") as caught:
        await store.claim("desk", NOW, broken)
    assert caught.value.delivery == 1
    assert (await claimed(store)).alert == 2
    assert ask("SELECT state, attempts FROM deliveries ORDER BY id") == [("dead", 0), ("sending", 1)]


async def test_a_suspended_channel_keeps_its_queue_and_resumes_at_once(store: Store, ask: Ask) -> None:
    await queue(store, "a", "b")
    first = await claimed(store)
    await store.mark_retry(first.id, later(300), "401", NOW)
    assert await store.suspend("desk", "token revoked", NOW)
    assert not await store.suspend("desk", "token revoked again", later(1))
    assert await store.claim("desk", later(days=3), freeze) is None
    assert await store.next_due(["desk"]) is None
    assert await store.give_up("desk", later(days=2), "too old", later(days=3)) == []
    assert ask("SELECT suspended_at, suspended_why, waiting FROM v_channels") == [
        ("2026-11-22T09:00:00.000Z", "token revoked", 2)
    ]
    assert await store.resume("desk", later(days=3)) == 2
    assert await store.give_up("desk", later(days=2), "too old", later(days=3)) == []
    assert [(await claimed(store, now=later(days=3))).alert for _ in range(2)] == [1, 2]


async def test_giving_up_counts_trying_not_waiting(open_store: OpenStore, ask: Ask) -> None:
    store = await open_store()
    await queue(store, "tried", "waits")
    await store.mark_retry((await claimed(store)).id, later(30), "503", NOW)
    await queue(store, "morning", next_at=later(days=3))
    assert await store.give_up("desk", later(0), "too old", later(60)) == []
    assert await store.give_up("desk", later(1), "too old", later(60)) == [1]
    assert ask("SELECT state FROM deliveries ORDER BY id") == [("dead",), ("queued",), ("queued",)]


async def test_time_without_a_daemon_does_not_bury_a_delivery(open_store: OpenStore) -> None:
    store = await open_store()
    await queue(store, "c")
    await store.mark_retry((await claimed(store)).id, later(30), "503", NOW)
    await store.close()
    back = later(days=2)
    store = await open_store("run-2", back)
    assert await store.give_up("desk", later(days=1), "too old", back) == []
    assert (await claimed(store, now=back)).attempt == 2


async def test_what_is_late_is_named_for_the_fallback(store: Store) -> None:
    await queue(store, "a", urgent=False)
    await queue(store, "b")
    await queue(store, "c", next_at=later(3600))
    assert await store.late("desk", later(-1)) == []
    assert await store.late("desk", later(60)) == [2, 1]


async def test_a_cancelled_claim_is_given_back(store: Store, ask: Ask) -> None:
    await queue(store, "c")
    task = asyncio.ensure_future(store.claim("desk", NOW, freeze))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await claimed(store)).alert == 1


async def test_what_was_in_doubt_is_given_back_in_doubt(store: Store, ask: Ask) -> None:
    await queue(store, "a", "b")
    first, second = await claimed(store), await claimed(store)
    await store.mark_unknown(first.id, "timed out", NOW, NOW)
    await store.claim_unknown("desk", NOW, repeat=False)
    for delivery in (first, second):
        await store.unclaim(delivery.id, NOW)
    assert ask("SELECT state FROM deliveries ORDER BY id") == [("unknown",), ("retry",)]


async def test_suppressed_deliveries_are_never_sent(store: Store, ask: Ask) -> None:
    await queue(store, "c", state="suppressed", reason="baseline")
    assert await store.claim("desk", later(days=9), freeze) is None
    assert await store.next_due(["desk"]) is None
    await store.mark_retry(1, NOW, "no", NOW)
    assert ask("SELECT state, reason FROM deliveries") == [("suppressed", "baseline")]


async def test_a_notice_is_told_once_until_it_is_resolved(store: Store, ask: Ask) -> None:
    async def note(kind: str = "stale", *, resolved: bool = False) -> bool:
        notice = Notice("account:a", kind, "silent for 2 h", resolved)
        return await store.notice(notice, NOW, message("words", "notice"), ["console"])

    assert [await note(), await note()] == [True, False]
    assert await store.standing() == {"account:a": "stale"}
    assert await note("identity_changed")  # other news about the same account
    assert [await note(resolved=True), await note(resolved=True)] == [True, False]
    assert await store.standing() == {}
    assert await note()
    assert ask("SELECT COUNT(*) FROM deliveries WHERE channel = 'console'") == [(4,)]
    assert [(await claimed(store, "console")).alert for _ in range(4)] == [1, 2, 3, 4]


async def test_a_clock_that_steps_back_neither_loses_nor_doubles(store: Store) -> None:
    await queue(store, "c")
    first = await claimed(store, now=later(days=1))
    await store.mark_retry(first.id, later(10), "503", later(days=-1))
    assert await store.claim("desk", later(days=-1), freeze) is None
    second = await claimed(store, now=later(10))
    await store.mark_sent(second.id, Receipt("m"), later(days=-3))
    assert await store.claim("desk", later(days=9), freeze) is None
