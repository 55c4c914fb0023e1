"""T2: findings and what follows from them, in order of arrival, in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.decision import Decision, Judged, Link, NewAlert, NewDelivery, NewNotice, Reader, Work
from monitor.model import Evidence, Finding, History, Interval, Notice, Participant, Place
from monitor.store import Store, StoreError
from tests.store.conftest import OpenStore
from tests.store.sample import (
    AMBASSADOR,
    FLAGGED,
    MODI,
    NOW,
    PLAIN,
    TRUMP,
    alert,
    claim,
    contact,
    contact_post,
    later,
    message,
    opens,
    page,
    post,
    tell,
    triage_all,
)

Ask = Callable[..., list[tuple[Any, ...]]]
ERDOGAN = Participant("Recep Tayyip Erdoğan", "TR", "recep-tayyip-erdogan")


async def read(store: Store, question: Callable[[Reader], Any]) -> Any:
    """What a decision would read now."""
    answers: list[Any] = []

    def decide(reader: Reader) -> Decision:
        answers.append(question(reader))
        return Decision()

    await store.apply(decide, NOW)
    return answers[0]


async def test_revisions_come_in_order_of_arrival(store: Store) -> None:
    for number in range(5):
        await store.save_page(page([post(str(number), seen=later(-number))]), NOW)
    assert [w.post.key for w in await store.pending(3)] == ["bluesky:0", "bluesky:1", "bluesky:2"]


async def test_what_is_live_does_not_wait_behind_a_backfill(store: Store) -> None:
    await store.save_page(page([post("old-1"), post("old-2")], backfill=True), NOW)
    await store.save_page(page([post("live")]), NOW)
    await store.save_page(page([post("old-1", "edited", version="v2")]), NOW)
    assert [w.post.key for w in await store.pending(9)] == ["bluesky:live", "bluesky:old-1", "bluesky:old-2", "bluesky:old-1"]


async def test_a_flagged_post_opens_a_contact_and_queues_its_alert(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    done = await triage_all(store)
    assert (done.revisions, done.flagged, done.alerts, done.contacts) == (1, 1, 1, ("bluesky-1",))
    assert done.channels == {"desk"}
    assert await store.pending() == []
    assert ask("SELECT contact, names, sides, posts, alerts FROM v_contacts") == [
        ("bluesky-1", "Donald Trump (US) – Narendra Modi (IN)", "US", 1, 1)
    ]
    assert ask("SELECT channel, state, contact FROM v_deliveries") == [("desk", "queued", "bluesky-1")]
    assert ask("SELECT flagged FROM v_posts") == [(1,)]
    assert ask("SELECT flagged FROM v_daily") == [(1,)]


async def test_an_unflagged_post_is_a_finding_and_asks_nobody(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    (work,) = await store.pending()
    asked: list[Work] = []

    def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
        asked.append(work)
        return Decision()

    await store.triage([Judged(work, replace(PLAIN, lang="en"), "m1", near=True)], decide, NOW)
    assert asked == []
    assert ask("SELECT flagged, near, confidence, reason, form, lang, matcher FROM v_posts") == [
        (0, 1, 0.01, "no contact cue", "other", "en", "m1")
    ]


async def test_an_edit_is_decided_on_even_where_it_is_not_flagged(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    await triage_all(store)
    await store.save_page(page([post("1", "Nothing of it", version="v2")]), NOW)
    asked: list[tuple[int, str]] = []

    def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
        asked.append((work.number, reader.contacts_of_post(work.post.key)[0].id))
        return Decision()

    await triage_all(store, PLAIN, decide=decide)
    assert asked == [(2, "bluesky-1")]
    assert ask("SELECT flagged FROM v_daily") == [(0,)]


async def test_a_decision_sees_what_an_earlier_one_of_the_batch_wrote(store: Store) -> None:
    await store.save_page(page([post("1"), post("2")]), NOW)
    seen: list[list[str]] = []

    def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
        day = Interval(later(days=-1), later(days=1), "day")
        seen.append([c.id for c in reader.candidates((TRUMP,), day)])
        return opens(reader, work, finding)

    await triage_all(store, decide=decide)
    assert seen == [[], ["bluesky-1"]]


async def test_a_decision_that_raises_costs_its_own_revision_only(open_store: OpenStore, ask: Ask) -> None:
    store = await open_store()
    await store.sync_accounts([AMBASSADOR], NOW)
    await store.save_page(page([post("1"), post("2"), post("3")]), NOW)

    def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
        if work.post.key == "bluesky:2":
            return replace(opens(reader, work, finding), contacts=())  # an alert of a contact that is not there
        return opens(reader, work, finding)

    done = await triage_all(store, decide=decide)
    assert (done.revisions, done.contacts, done.alerts) == (2, ("bluesky-1", "bluesky-3"), 2)
    assert [revision for revision, _ in done.failed] == [2]
    assert await store.pending() == []
    assert ask("SELECT COUNT(*) FROM findings") == [(2,)]
    await store.close()
    again = await open_store("run-2")
    assert [w.post.key for w in await again.pending()] == ["bluesky:2"]


async def test_a_fault_of_the_disk_undoes_the_whole_batch(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1"), post("2")]), NOW)

    def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
        if work.post.key == "bluesky:2":
            raise sqlite3.OperationalError("disk I/O error")
        return opens(reader, work, finding)

    with pytest.raises(StoreError, match="Check the disk"):
        await triage_all(store, decide=decide)
    assert ask("SELECT COUNT(*) FROM findings") == [(0,)]
    assert len(await store.pending()) == 2


async def test_what_was_triaged_or_held_meanwhile_is_skipped(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1"), post("2")]), NOW)
    works = await store.pending()
    await store.triage([Judged(works[0], FLAGGED, "m1")], opens, NOW)
    await store.hold(AMBASSADOR.key, "hijacked")
    done = await store.triage([Judged(work, FLAGGED, "m1") for work in works], opens, NOW)
    assert (done.skipped, done.alerts) == ((1, 2), 0)
    assert ask("SELECT COUNT(*) FROM alerts") == [(1,)]


async def test_the_whole_finding_is_kept(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    evidence = (Evidence("text", 0, 9, "party"),)
    found = replace(FLAGGED, contacts=(replace(claim(), evidence=evidence, place=Place("Riyadh", "SA")),), evidence=evidence)
    await triage_all(store, found)
    (contacts, spans), *_ = ask("SELECT contacts, evidence FROM findings")
    assert json.loads(spans) == [{"part": "text", "start": 0, "end": 9, "role": "party"}]
    assert json.loads(contacts)[0]["place"] == {"name": "Riyadh", "country": "SA"}


async def test_a_contact_is_replaced_as_a_whole(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1"), post("2")]), NOW)
    first, second = await store.pending()
    before = contact("c", first, posts=(contact_post(first), contact_post(second)))
    after = contact(
        "c", second, posts=(contact_post(second, relation="confirms"),), parties=(ERDOGAN,), status="cancelled", told=True
    )
    for value in (before, after):
        await tell(store, contacts=[value])
    assert await read(store, lambda r: r.contact("c")) == after
    assert ask("SELECT post, relation FROM v_contact_posts") == [("bluesky:2", "confirms")]
    assert ask("SELECT leader, country FROM contact_parties") == [("recep-tayyip-erdogan", "TR")]


async def test_a_contact_keeps_the_revision_that_said_so(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    (work,) = await store.pending()
    await tell(store, contacts=[contact("c", work)])
    await store.save_page(page([post("1", "Edited", version="v2")]), NOW)
    await tell(store, contacts=[contact("c", work, status="cancelled")])
    assert ask("SELECT revision FROM contact_posts") == [(work.revision,)]


async def test_an_imported_contact_may_name_posts_that_are_not_in_the_log(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    (work,) = await store.pending()
    imported = contact("c", posts=(replace(contact_post(work), post="archive:9", revision=0),))
    await store.apply(lambda _: Decision((imported,), origin="import"), NOW)
    assert await read(store, lambda r: r.contact("c")) == imported
    assert ask("SELECT origin, posts FROM v_contacts") == [("import", 0)]


async def test_candidates_share_two_parties_or_the_only_one_and_touch_the_window(store: Store) -> None:
    old, recent = later(days=-30), later(days=-1)
    contacts = [
        contact("long-ago", opened_at=old),
        contact("recent", opened_at=recent),
        contact("planned", opened_at=old, when=Interval(later(days=2), later(days=3), "day")),
        contact("others", opened_at=recent, parties=(ERDOGAN,)),
        contact("country-only", opened_at=later(days=-0.5), parties=(Participant(None, "IN"),)),
        contact("name-only", opened_at=later(days=-0.6), parties=(TRUMP, Participant("N. Modi", None))),
        contact("merged", opened_at=recent, merged_into="recent"),
        contact("retracted", opened_at=later(days=-0.9), retracted=True),
    ]
    await tell(store, contacts=contacts)
    window = Interval(later(days=-3), later(days=1), "day")
    found = await read(store, lambda r: [c.id for c in r.candidates((TRUMP, Participant(None, "IN")), window)])
    assert found == ["name-only", "retracted", "recent", "planned"]
    assert "country-only" in await read(store, lambda r: [c.id for c in r.candidates((Participant(None, "IN"),), window)])
    ahead = Interval(later(days=2.5), later(days=9), "day")
    assert await read(store, lambda r: [c.id for c in r.candidates((MODI,), ahead)]) == ["planned"]
    assert await read(store, lambda r: r.candidates((), window)) == []


async def test_history_counts_what_the_same_parties_did(store: Store) -> None:
    def took(name: str, days: float, **other: Any) -> Any:
        return contact(name, opened_at=later(days=days), **other)

    await tell(
        store,
        contacts=[
            took("this-year", -20, mode="meeting"),
            took("last-year", -340),
            took("long-ago", -800),
            took("with-a-third", -30, parties=(MODI, ERDOGAN, TRUMP)),
            took("country-only", -40, parties=(TRUMP, Participant(None, "IN"))),
            took("another-leader", -5, parties=(TRUMP, Participant("S. Jaishankar", "IN", "s-jaishankar"))),
            took("cancelled", -4, status="cancelled"),
            took("denied", -4, status="denied"),
            took("retracted", -3, retracted=True),
            took("lapsed", -3, lapsed=True, status="upcoming"),
            took("merged", -2, merged_into="this-year"),
            took("planned", -1, status="upcoming", when=Interval(later(days=5), later(days=6), "day")),
            took("someday", -1, status="upcoming"),
            took("this-one", 0),
        ],
    )
    year_start = later(days=-325)
    history = await read(store, lambda r: r.history((MODI, TRUMP), NOW, year_start, exclude="this-one"))
    assert history == History(3, 4, later(days=-20), "meeting", ("someday", "planned"))
    assert await read(store, lambda r: r.history((ERDOGAN,), NOW, year_start)) == History(1, 1, later(days=-30), "call")
    assert await read(store, lambda r: r.history((), NOW, year_start)) == History()


async def test_due_readouts_and_passed_contacts_are_found(store: Store) -> None:
    hour = timedelta(hours=1)
    await tell(
        store,
        contacts=[
            contact("due", readout="awaited", readout_due=NOW - hour),
            contact("not-yet", readout="awaited", readout_due=NOW + hour),
            contact("published", readout="published", readout_due=NOW - hour),
            contact("passed", status="upcoming", when=Interval(NOW - 2 * hour, NOW - hour, "hour")),
            contact("lapsed", status="upcoming", lapsed=True, when=Interval(NOW - 2 * hour, NOW - hour, "hour")),
            contact("coming", status="upcoming", when=Interval(NOW, NOW + hour, "hour")),
        ],
    )
    assert await read(store, lambda r: [c.id for c in r.readouts_due(NOW)]) == ["due"]
    assert await read(store, lambda r: [c.id for c in r.passed(NOW)]) == ["passed"]
    assert await read(store, lambda r: len(r.opened(NOW))) == 6
    assert await read(store, lambda r: r.opened(later(1))) == []


async def test_alerts_told_and_the_flood_count_are_read_back(store: Store) -> None:
    await tell(store, alert("c", "desk", "war-room"), contacts=[contact("c")])
    await tell(store, alert("c", "quiet", kind="update", state="suppressed", reason="silence 1"), now=later(60))
    assert await read(store, lambda r: r.alert_kinds("c")) == ["new", "update"]
    assert await read(store, lambda r: r.told("c")) == ["desk", "war-room"]
    assert await read(
        store, lambda r: (r.sent_since("desk", NOW), r.sent_since("desk", later(1)), r.sent_since("quiet", NOW))
    ) == (1, 0, 0)


async def test_a_digest_tells_what_waited_for_it_once(store: Store, ask: Ask) -> None:
    await tell(store, alert("c", state="suppressed", reason="digest morning"), contacts=[contact("c")])
    (waits,) = await read(store, lambda r: r.waiting("digest morning"))
    assert (waits.channel, waits.contact, waits.message) == ("desk", "c", message())
    digest = NewAlert(
        "digest", message("3 contacts", "digest"), None, "morning", (NewDelivery("desk"),), covers=(waits.delivery,)
    )
    await tell(store, digest)
    assert await read(store, lambda r: r.waiting("digest morning")) == []
    assert ask("SELECT state, told_by FROM deliveries ORDER BY id") == [("suppressed", 2), ("queued", None)]


async def test_an_alert_goes_to_a_channel_once_whatever_routes_name_it(store: Store, ask: Ask) -> None:
    await tell(store, alert("c", "desk", "desk", "war-room"), contacts=[contact("c")])
    await store.apply(lambda _: Decision(more=((1, NewDelivery("desk")), (1, NewDelivery("fallback")))), NOW)
    assert ask("SELECT channel FROM deliveries ORDER BY id") == [("desk",), ("war-room",), ("fallback",)]
    assert len(set(ask("SELECT key FROM deliveries"))) == 3


async def test_links_are_facts_about_two_posts_and_the_last_word_counts(store: Store) -> None:
    await store.apply(lambda _: Decision(links=(Link("must", "b", "a"), Link("must_not", "a", "c"))), NOW)
    await store.apply(lambda _: Decision(links=(Link("must_not", "a", "b"),)), NOW)
    assert set(await read(store, lambda r: r.links("a"))) == {Link("must_not", "a", "b"), Link("must_not", "a", "c")}
    assert await read(store, lambda r: r.links("b")) == [Link("must_not", "a", "b")]


async def test_notices_of_a_decision_go_out_once(store: Store, ask: Ask) -> None:
    new = NewNotice(Notice("k", "stale", "silent"), message("silent", "notice"), (NewDelivery("console"),))
    for _ in range(2):
        await store.apply(lambda _: Decision(notices=(new,)), NOW)
    assert ask("SELECT kind, channel FROM v_deliveries") == [("notice", "console")]


async def test_a_decision_of_time_that_raises_writes_nothing(store: Store, ask: Ask) -> None:
    broken = Decision((contact("c"),), (alert("c"), alert("not-there")))
    with pytest.raises(StoreError):
        await store.apply(lambda _: broken, NOW)
    assert ask("SELECT COUNT(*) FROM contacts") == [(0,)]


async def test_the_origin_of_a_contact_is_that_of_its_first_decision(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")], baseline=frozenset({AMBASSADOR.key})), NOW)
    await triage_all(store)
    await tell(store, contacts=[contact("bluesky-1", status="cancelled")])
    assert ask("SELECT origin, status FROM contacts") == [("baseline", "cancelled")]


async def test_posts_behind_recent_contacts_are_to_be_read_again(store: Store) -> None:
    await store.save_page(page([post("1"), post("2"), post("3", deleted=False)]), NOW)
    await triage_all(store)
    await store.save_page(page([post("3", version="gone", deleted=True)]), NOW)
    assert await store.open_contact_posts(later(days=1)) == {AMBASSADOR.key: ("bluesky:1", "bluesky:2")}
    assert await store.open_contact_posts(later(days=2.1)) == {}
