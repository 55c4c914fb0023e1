"""Retention: texts go when their time has come, what must stay stays, and the daemon is not in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.decision import Decision, Judged, NewAlert, NewDelivery, Reader, Work
from monitor.model import Contact, ContactPost, Finding, Message, Receipt
from monitor.store import PollCount, Reading, Store, add_act
from monitor.store.tidy import Rules, tidy
from tests.store.sample import AMBASSADOR, FLAGGED, MODI, NOW, PLAIN, TRUMP, later, page, post

Ask = Callable[..., list[tuple[Any, ...]]]


def never(_: float) -> None:
    """No pause between transactions."""


def told(_reader: Reader, work: Work, finding: Finding) -> Decision:
    """A contact of every flag, one alert that quotes the post."""
    if not finding.flagged:
        return Decision()
    entry = ContactPost(work.post.key, work.account.key, "US", "mission", "announces", "announcement", finding.contacts[0], work.post.at, work.post.seen_at)
    name = f"c-{work.revision}"
    contact = Contact(name, (TRUMP, MODI), "call", "happened", 0.9, work.post.seen_at, work.post.seen_at, posts=(entry,))
    message = Message("new", name, "Trump – Modi: call", quote=work.post.parts["text"], quote_spans=((0, 4),))
    return Decision((contact,), (NewAlert("new", message, name, "first word", (NewDelivery("desk"),)),))


def judged_all(works: Sequence[Work], flagged: Collection[str]) -> list[Judged]:
    return [Judged(work, FLAGGED if work.post.key in flagged else PLAIN, "m1") for work in works]


async def filled(store: Store, flagged: Sequence[str] = ("1",), quiet: Sequence[str] = ("2", "3")) -> None:
    posts = [post(key, f"words of {key}", raw="as received") for key in (*flagged, *quiet)]
    await store.save_page(page(posts), NOW)
    await store.triage(judged_all(await store.pending(), {f"bluesky:{key}" for key in flagged}), told, NOW)
    while delivery := await store.claim("desk", NOW, lambda row: {"v": 1, "style": "rich", "message": {"headline": "h", "quote": row.message.quote}, "steps": [{"text": row.message.quote}]}):
        await store.mark_sent(delivery.id, Receipt("id-1"), NOW)


def texts(ask: Ask) -> dict[str, str | None]:
    return dict(ask("SELECT p.key, r.text FROM posts p JOIN revisions r ON r.post = p.id WHERE r.deleted = 0"))


async def test_the_text_of_posts_without_a_contact_goes_after_its_time(store: Store, path: Path, ask: Ask) -> None:
    await filled(store)
    rules = Rules(unflagged=timedelta(days=30))
    assert tidy(path, rules, later(days=29), never).unflagged == 0
    assert tidy(path, rules, later(days=31), never).unflagged == 2
    assert texts(ask) == {"bluesky:1": "words of 1", "bluesky:2": None, "bluesky:3": None}
    assert ask("SELECT COUNT(*) FROM posts") == [(3,)], "post keys stay for ever"
    assert ask("SELECT COUNT(*) FROM posts_search") == [(1,)]
    assert ask("SELECT DISTINCT tidied_at FROM revisions WHERE text IS NULL") == [("2026-12-23T09:00:00.000Z",)]
    with Reading(path) as log:
        assert log.search("words") != []
        assert log.search("3") == []


async def test_labelled_posts_and_posts_of_contacts_are_kept_as_long_as_flags(store: Store, path: Path, ask: Ask) -> None:
    await filled(store)
    add_act(path, "label", "bluesky:2", {"verdict": "right"}, "ann", NOW)
    tidy(path, Rules(unflagged=timedelta(days=1)), later(days=40), never)
    assert texts(ask) == {"bluesky:1": "words of 1", "bluesky:2": "words of 2", "bluesky:3": None}
    assert tidy(path, Rules(unflagged=timedelta(days=1), flagged=timedelta(days=30)), later(days=40), never).flagged == 2
    assert set(texts(ask).values()) == {None}


async def test_what_was_deleted_at_the_source_loses_its_text_where_the_terms_say_so(store: Store, path: Path, ask: Ask) -> None:
    await filled(store)
    await store.save_page(page([post("1", version="gone", deleted=True, seen=later(60))]), later(60))
    await store.triage(judged_all(await store.pending(), set()), told, later(60))
    assert tidy(path, Rules(deleted={"x": timedelta(hours=24)}), later(days=9), never).deleted == 0, "another source's terms"
    rules = Rules(deleted={"bluesky": timedelta(hours=24)})
    assert tidy(path, rules, later(3600), never).deleted == 0
    assert tidy(path, rules, later(days=2), never).deleted == 1
    everything = "".join(str(row) for table in ("revisions", "alerts", "deliveries", "findings", "posts_search") for row in ask(f"SELECT * FROM {table}"))
    assert "words of 1" not in everything
    with Reading(path) as log:
        story = log.post("bluesky:1")
        assert story["post"] == "bluesky:1"
        assert story["deleted_at"]
        assert story["revisions"][0]["findings"][0]["flagged"]
        told_then = log.contact(story["contacts"][0])["alerts"][0]
    assert told_then["headline"] == "Trump – Modi: call"
    assert told_then["deliveries"][0]["provider_id"] == "id-1"
    assert told_then["deliveries"][0]["payload"]["message"]["headline"] == "h", "a later alert can still go back to it"
    assert tidy(path, rules, later(days=3), never).deleted == 0, "once"


async def test_a_deleted_post_that_waits_for_triage_keeps_its_text_until_then(store: Store, path: Path, ask: Ask) -> None:
    await filled(store)
    await store.save_page(page([post("1", version="gone", deleted=True, seen=later(60))]), later(60))
    assert tidy(path, Rules(deleted={"bluesky": timedelta(0)}), later(days=2), never).deleted == 0


async def test_posts_as_received_and_old_polls_go(store: Store, path: Path, ask: Ask) -> None:
    await filled(store)
    await store.flush_health([], [PollCount(AMBASSADOR.key, NOW, "ok", 60, 1), PollCount(AMBASSADOR.key, later(days=30), "ok", 60, 1)], NOW)
    done = tidy(path, Rules(raw=timedelta(days=7), polls=timedelta(days=20)), later(days=30), never)
    assert (done.raw, done.polls) == (3, 1)
    assert ask("SELECT COUNT(*) FROM revisions WHERE raw IS NOT NULL") == [(0,)]
    assert texts(ask)["bluesky:3"] == "words of 3"
    assert tidy(path, Rules(raw=timedelta(days=7), polls=timedelta(days=20)), later(days=30), never).raw == 0


async def test_it_works_in_small_steps_while_the_daemon_writes_and_gives_space_back(store: Store, path: Path, ask: Ask) -> None:
    many = [post(str(number), f"words of {number} " + "x" * 4000, raw="y" * 4000) for number in range(450)]
    await store.save_page(page(many), NOW)
    await store.triage(judged_all(await store.pending(), set()), told, NOW)
    pauses = 0

    def meanwhile(_: float) -> None:
        """Between two steps the lock is free: another writer gets through."""
        nonlocal pauses
        pauses += 1
        other = sqlite3.connect(path, timeout=0)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()

    size = path.stat().st_size
    done = tidy(path, Rules(raw=timedelta(days=1), unflagged=timedelta(days=1)), later(days=2), meanwhile)
    assert (done.raw, done.unflagged) == (0, 450), "the text's going takes what was received along"
    assert done.bytes > 1_000_000
    assert pauses > 3
    await store.save_page(page([post("new", seen=later(days=2))]), later(days=2))
    await store.close()
    assert path.stat().st_size < size / 2
    assert ask("PRAGMA integrity_check") == [("ok",)]
