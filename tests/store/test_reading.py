"""The log for people: lists, stories, figures and search, while the daemon writes."""



from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.decision import Decision, Judged, Reader, Work
from monitor.model import Finding, Outcome, Page, Participant, Receipt
from monitor.store import Filter, HealthRow, PollCount, Reading, Store, StoreError, add_act, backup
from tests.store.sample import (
    AMBASSADOR,
    FLAGGED,
    MINISTRY,
    MODI,
    NOW,
    PLAIN,
    TRUMP,
    alert,
    contact,
    contact_post,
    freeze,
    later,
    opens,
    page,
    post,
    tell,
    triage_all,
)

MACRON = Participant("Emmanuel Macron", "FR", "emmanuel-macron")


@pytest.fixture
async def told(store: Store) -> Store:
    """An ambassador's first word, the ministry's confirmation the next day, a birthday greeting, a talk with Macron."""
    await store.save_page(page([post("1"), post("2", "Happy birthday, Mr President!")]), NOW)
    first, second = await store.pending()
    await store.triage([Judged(first, FLAGGED, "m1"), Judged(second, PLAIN, "m1", near=True)], opens, NOW)
    delivery = await store.claim("desk", later(1), freeze)
    assert delivery is not None
    await store.mark_retry(delivery.id, later(2), "503", later(1))
    delivery = await store.claim("desk", later(3), freeze)
    assert delivery is not None
    await store.mark_sent(delivery.id, Receipt("m1"), later(4))

    other = post("3", "प्रधानमंत्री मोदी ने राष्ट्रपति ट्रंप से बात की", account=MINISTRY, author="did:plc:mea", seen=later(days=1))
    await store.save_page(Page("bluesky", {MINISTRY.key: Outcome("ok")}, (other,)), later(days=1))

    def confirms(reader: Reader, work: Work, finding: Finding) -> Decision:
        known = reader.contact("bluesky-1")
        assert known is not None
        grown = replace(known, posts=(*known.posts, contact_post(work, relation="confirms")), updated_at=later(days=1))
        return Decision((grown,), (alert("bluesky-1", kind="confirmed"),))

    await triage_all(store, decide=confirms, now=later(days=1))
    macron = contact("macron-1", parties=(TRUMP, MACRON), opened_at=later(days=1), mode="meeting", status="upcoming")
    gone = contact("modi-x", opened_at=later(days=1), merged_into="bluesky-1")
    await tell(store, alert("macron-1", state="suppressed", reason="silence 4"), contacts=[macron, gone], now=later(days=1))
    return store


@pytest.fixture
def log(told: Store, path: Path) -> Iterator[Reading]:
    with Reading(path) as reading:
        yield reading


def ids(rows: list[dict[str, Any]], key: str = "contact") -> list[Any]:
    return [row[key] for row in rows]


CONTACTS = [
    (Filter(), ["macron-1", "bluesky-1"]),
    (Filter(leader="modi"), ["bluesky-1"]),
    (Filter(leader="Narendra Modi"), ["bluesky-1"]),
    (Filter(leader="mod%"), []),
    (Filter(leader="donald-trump", country="fr"), ["macron-1"]),
    (Filter(country="US"), ["macron-1", "bluesky-1"]),
    (Filter(account="mea.example"), ["bluesky-1"]),
    (Filter(account="bluesky:amb.example"), ["bluesky-1"]),
    (Filter(since=later(1)), ["macron-1"]),
    (Filter(until=later(1)), ["bluesky-1"]),
    (Filter(mode="meeting", status="upcoming"), ["macron-1"]),
    (Filter(kind="confirmed"), ["bluesky-1"]),
    (Filter(text="मोदी"), ["bluesky-1"]),
    (Filter(contact="modi-x"), ["modi-x"]),
]


@pytest.mark.parametrize(("wanted", "expected"), CONTACTS)
def test_contacts_are_listed_newest_first_and_narrowed(log: Reading, wanted: Filter, expected: list[str]) -> None:
    assert ids(log.contacts(wanted)) == expected


POSTS = [
    (Filter(), ["bluesky:3", "bluesky:2", "bluesky:1"]),
    (Filter(flagged=True), ["bluesky:3", "bluesky:1"]),
    (Filter(flagged=False), ["bluesky:2"]),
    (Filter(near=True), ["bluesky:2"]),
    (Filter(leader="trump"), ["bluesky:3", "bluesky:1"]),
    (Filter(country="IN"), ["bluesky:3", "bluesky:1"]),
    (Filter(account="amb.example"), ["bluesky:2", "bluesky:1"]),
    (Filter(contact="bluesky-1"), ["bluesky:3", "bluesky:1"]),
    (Filter(since=later(1)), ["bluesky:3"]),
    (Filter(text='"happy birthday"'), ["bluesky:2"]),
    (Filter(origin="baseline"), []),
]


@pytest.mark.parametrize(("wanted", "expected"), POSTS)
def test_posts_are_listed_newest_first_and_narrowed(log: Reading, wanted: Filter, expected: list[str]) -> None:
    assert ids(log.posts(wanted), "post") == expected


def test_alerts_and_attempts_are_listed_and_narrowed(log: Reading) -> None:
    assert ids(log.alerts(), "kind") == ["new", "confirmed", "new"]
    assert ids(log.alerts(Filter(account="mea.example")), "kind") == ["confirmed"]
    assert ids(log.alerts(Filter(leader="macron")), "outcome") == ["desk suppressed"]
    assert ids(log.alerts(Filter(channel="desk", kind="confirmed", country="IN", contact="bluesky-1")), "sent") == [0]
    assert [(row["number"], row["result"], row["took"]) for row in log.attempts()] == [(2, "sent", 1.0), (1, "retry", 0.0)]
    assert ids(log.attempts(Filter(result="retry", channel="desk", leader="modi", kind="new")), "detail") == ["503"]
    assert log.attempts(Filter(since=later(2)), limit=5)[0]["result"] == "sent"


def test_a_list_says_what_it_cannot_be_narrowed_by(log: Reading) -> None:
    with pytest.raises(StoreError, match="The log of posts cannot be narrowed by channel; it can by leader"):
        log.posts(Filter(channel="desk"))
    with pytest.raises(StoreError, match="no word to look for"):
        log.search("!!!")


def test_search_takes_any_text_and_further_filters(log: Reading) -> None:
    assert ids(log.search("ट्रंप"), "post") == ["bluesky:3"]
    assert ids(log.search("spoke mod*"), "post") == ["bluesky:1"]
    assert log.search("spoke", Filter(flagged=False)) == []
    for hostile in ('"a', "a OR b", "NEAR(a b)", "folded:x", "x' OR 1=1 --", "(a)", "-a", "^a", "a\x00b", "\ud800a"):
        assert isinstance(log.search(hostile), list)


def test_the_story_of_a_contact_is_whole(log: Reading) -> None:
    story = log.contact("bluesky-1")
    assert [party["leader"] for party in story["parties"]] == ["donald-trump", "narendra-modi"]
    assert [(p["post"], p["relation"], p["side"]) for p in story["posts"]] == [
        ("bluesky:1", "announces", "US"),
        ("bluesky:3", "confirms", "IN"),
    ]
    finding = story["posts"][0]["revisions"][0]["findings"][0]
    assert (finding["flagged"], finding["reason"], finding["contacts"][0]["mode"]) == (True, "spoke with", "call")
    new, confirmed = story["alerts"]
    (delivery,) = new["deliveries"]
    assert (new["message"]["headline"], delivery["state"], delivery["payload"]["text"]) == (
        "Trump – Modi: call",
        "sent",
        "Trump – Modi: call",
    )
    assert [attempt["result"] for attempt in delivery["attempts"]] == ["retry", "sent"]
    assert confirmed["deliveries"][0]["state"] == "queued"
    assert story["merged"] == ["modi-x"]
    json.dumps(story)


def test_a_contact_is_found_by_the_start_of_its_id_and_through_a_merge(log: Reading) -> None:
    assert log.contact("mac")["contact"] == "macron-1"
    assert log.contact("modi-x")["contact"] == "bluesky-1"
    with pytest.raises(StoreError, match=r"'m' may be macron-1, modi-x. Give more"):
        log.contact("m")
    for unknown in ("zzz", "", "%", "bluesky-1x"):
        with pytest.raises(StoreError, match="There is no contact"):
            log.contact(unknown)


def test_the_story_of_a_post_tells_why(log: Reading) -> None:
    story = log.post("https://bsky.example/2")
    assert (story["post"], story["contacts"], story["alerts"], story["waits"]) == ("bluesky:2", [], [], [])
    assert story["revisions"][0]["findings"][0]["reason"] == "no contact cue"
    assert log.post("bluesky:1")["contacts"] == ["bluesky-1"]
    with pytest.raises(StoreError, match="There is no post"):
        log.post("bluesky:99")


async def test_a_post_that_waits_says_so(store: Store, path: Path) -> None:
    await store.save_page(page([post("1")]), NOW)
    with Reading(path) as log:
        assert log.post("bluesky:1")["waits"] == ["in the queue"]


def test_figures_per_day_pair_and_account(log: Reading) -> None:
    week = (later(days=-3), later(days=3))
    assert log.per_day(*week) == [
        {"day": "2026-11-22", "posts": 2, "flagged": 1, "contacts": 1, "alerts": 1, "sent": 1},
        {"day": "2026-11-23", "posts": 1, "flagged": 1, "contacts": 1, "alerts": 2, "sent": 0},
    ]
    assert log.per_day(NOW, later(3600))[0]["posts"] == 2
    pairs = {(row["a"], row["b"]): row["contacts"] for row in log.per_pair(*week)}
    assert pairs == {("donald-trump", "narendra-modi"): 1, ("donald-trump", "emmanuel-macron"): 1}
    accounts = {row["account"]: (row["posts"], row["flags"], row["first_words"]) for row in log.per_account(*week)}
    assert accounts == {AMBASSADOR.key: (2, 1, 1), MINISTRY.key: (1, 1, 0)}


async def test_accounts_channels_and_status_show_how_things_stand(told: Store, path: Path) -> None:
    health = HealthRow(AMBASSADOR.key, later(60), later(50), NOW, 3600.5, 2, "unreachable", "no route\ud800")
    polls = [PollCount(AMBASSADOR.key, NOW, "ok", 10, 2), PollCount("bluesky:unknown", NOW, "ok", 1)]
    for _ in range(2):
        await told.flush_health([health, HealthRow("bluesky:unknown")], polls, later(60))
    assert (await told.health())[AMBASSADOR.key] == replace(health, detail="no route\ufffd")
    await told.suspend("desk", "revoked", later(60))
    await told.sync_accounts([AMBASSADOR], later(60))
    with Reading(path) as log:
        (account,) = log.accounts()
        assert (account["account"], account["failures"], account["outcome"], account["active"]) == (
            AMBASSADOR.key,
            2,
            "unreachable",
            True,
        )
        assert len(log.accounts(inactive=True)) == 2
        (channel,) = log.channels()
        assert (channel["channel"], channel["waiting"], channel["suspended_why"]) == ("desk", 1, "revoked")
        status = log.status()
        assert (status["heartbeat"], status["posts"], status["waiting"], status["untriaged"]) == (
            "2026-11-22T09:01:00.000Z",
            3,
            1,
            0,
        )
        assert log._rows("SELECT hour, outcome, count, posts FROM polls") == [
            {"hour": "2026-11-22T09", "outcome": "ok", "count": 20, "posts": 4}
        ]


async def test_acts_from_other_processes_are_answered_by_the_daemon(told: Store, path: Path) -> None:
    pair = add_act(
        path, "silence", "pair:donald-trump+narendra-modi", {"until": "2026-11-23T09:00:00Z", "why": "summit"}, "ann", NOW
    )
    phrase = add_act(path, "silence", "phrase:tee time", {}, "ann", NOW)
    for broken in ({"until": "soon"}, {"until": "2026-11-23T09:00:00"}):
        add_act(path, "silence", "leader:modi", broken, "ann", NOW)
    add_act(path, "silence", "weather:rain", {}, "ann", NOW)
    with Reading(path) as log:
        assert [(s.act, s.kind, s.values, s.why) for s in log.silences(NOW)] == [
            (pair, "pair", ("donald-trump", "narendra-modi"), "summit"),
            (phrase, "phrase", ("tee time",), ""),
        ]
        assert [s.act for s in log.silences(later(days=2))] == [phrase]
        await told.add_act("end_silence", str(phrase), {}, "bob", NOW)
        assert [s.act for s in log.silences(NOW)] == [pair]
        assert len(log.pending_acts()) == 6
        for act in await told.pending_acts():
            await told.act_applied(act.id, "done", later(1))
        assert await told.pending_acts() == []
        assert {row["result"] for row in log.acts()} == {"done"}


async def test_a_list_can_be_written_as_csv_and_json(log: Reading) -> None:
    for rows in (
        log.contacts(),
        log.posts(),
        log.alerts(),
        log.attempts(),
        log.accounts(),
        log.channels(),
        log.notices(resolved=True),
    ):
        json.dumps(rows)
        if rows:
            csv.DictWriter(io.StringIO(), rows[0]).writerows(rows)


async def test_readers_see_one_state_while_the_daemon_writes(told: Store, path: Path) -> None:
    stop, wrong = threading.Event(), list[Any]()

    def look() -> None:
        with Reading(path) as log:
            while not stop.is_set():
                status, posts = log.status(), log.posts(limit=1000)
                if any(post["revision"] is None or post["text"] is None for post in posts) or status["posts"] > 203:
                    wrong.append(posts)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for number in range(20):
            await told.save_page(page([post(f"more-{number}-{n}") for n in range(10)]), NOW)
    finally:
        stop.set()
        thread.join()
    assert wrong == []
    with Reading(path) as log:
        assert len(log.posts(limit=1000)) == 203


async def test_a_reader_cannot_write_and_needs_no_daemon(told: Store, path: Path) -> None:
    with Reading(path) as log, pytest.raises(StoreError, match="cannot be written"):
        log._rows("DELETE FROM posts")
    await told.close()
    with Reading(path) as log:
        assert len(log.posts()) == 3


async def test_a_backup_is_whole_private_and_opens_as_a_log(told: Store, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies.db"
    target.write_text("an older copy")
    assert backup(path, target) == target
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.glob("copies*")) == ["copies.db"]
    with Reading(path) as log, Reading(target) as copy:
        assert copy.contacts() == log.contacts()
    restored = await Store.open(target, run="r", clock=lambda: NOW)
    await restored.close()


async def test_a_backup_that_fails_leaves_the_older_copy(told: Store, path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is the database itself"):
        backup(path, path)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        backup(path, folder)
    with pytest.raises(StoreError, match="cannot be written"):
        backup(path, tmp_path / "none" / "copy.db")
    assert list(tmp_path.glob("*.part")) == []
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 999)
    older = tmp_path / "older.db"
    older.write_text("an older copy")
    with pytest.raises(StoreError, match="damaged"):
        backup(broken, older)
    assert older.read_text() == "an older copy"


async def test_modi_alone_has_no_pair(store: Store, path: Path) -> None:
    await tell(store, contacts=[contact("alone", parties=(MODI,)), contact("nobody", parties=(Participant(None, None),))])
    with Reading(path) as log:
        assert log.per_pair(later(days=-1), later(days=1)) == []
        assert ids(log.contacts(), "names") == ["Narendra Modi (IN)", "unknown"]
