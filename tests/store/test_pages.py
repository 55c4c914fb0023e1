"""T1: a page of posts is one transaction; what is known changes nothing; edits, deletions, identities."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from monitor.model import Account, Identity, Outcome, Post
from monitor.store import Saved, Store, pages
from monitor.store.database import migrations
from tests.store.conftest import OpenStore
from tests.store.sample import AMBASSADOR, DID, MINISTRY, NOW, PLAIN, later, page, post, triage_all

Ask = Callable[..., list[tuple[Any, ...]]]


async def texts(store: Store) -> list[str]:
    return [work.post.parts.get("text", "") for work in await store.pending()]


async def test_a_page_brings_its_posts_and_cursors(store: Store, ask: Ask) -> None:
    saved = await store.save_page(page([post("1"), post("2")], cursors={"a": "5", "b": None}), NOW)
    assert saved == Saved(new_posts=2)
    assert saved.anything
    assert await store.cursors("bluesky") == {"a": "5"}
    assert await store.known(AMBASSADOR.key, 10) == {("bluesky:1", "v1"), ("bluesky:2", "v1")}
    assert ask("SELECT account, posts, flagged FROM v_daily WHERE day = '2026-11-22'") == [(AMBASSADOR.key, 2, 0)]


async def test_the_same_page_again_changes_nothing(store: Store, ask: Ask) -> None:
    again = page([post("1"), post("2")], cursors={"a": "5"})
    await store.save_page(again, NOW)
    before = ask("SELECT * FROM posts, revisions, cursors, daily, accounts")
    assert await store.save_page(again, later(60)) == Saved()
    assert ask("SELECT * FROM posts, revisions, cursors, daily, accounts") == before


async def test_a_cursor_of_none_is_removed_and_other_sources_keep_theirs(store: Store) -> None:
    await store.save_page(page(cursors={"a": "1"}), NOW)
    await store.save_page(page(cursors={"a": None, "b": "2"}), NOW)
    assert await store.cursors("bluesky") == {"b": "2"}
    assert await store.cursors("x") == {}


async def test_an_edit_becomes_a_revision_and_keeps_the_posts_origin(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1", "Called Modi")], baseline=frozenset({AMBASSADOR.key})), NOW)
    saved = await store.save_page(page([post("1", "Called nobody", version="v2", seen=later(60))]), later(60))
    assert saved == Saved(new_revisions=1)
    works = await store.pending()
    assert [(w.number, w.origin, w.post.version) for w in works] == [(1, "baseline", "v1"), (2, "baseline", "v2")]
    assert ask("SELECT text, revision FROM v_posts") == [("Called nobody", 2)]


async def test_a_deleted_post_becomes_a_tombstone(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    gone = post("1", version="gone", deleted=True, seen=later(60))
    assert await store.save_page(page([gone]), later(60)) == Saved(tombstones=1)
    assert [w.post.deleted for w in await store.pending()] == [False, True]
    assert ask("SELECT deleted_at, text FROM v_posts") == [("2026-11-22T09:01:00.000Z", None)]
    other = post("1", version="gone otherwise", deleted=True, seen=later(90))
    assert await store.save_page(page([other]), later(90)) == Saved()


async def test_a_deletion_of_a_post_never_seen_is_no_news(store: Store) -> None:
    assert await store.save_page(page([post("9", deleted=True)]), NOW) == Saved()


async def test_a_post_that_comes_back_edited_lives_again(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    await store.save_page(page([post("1", version="gone", deleted=True)]), NOW)
    await store.save_page(page([post("1", "Back again", version="v3")]), NOW)
    assert ask("SELECT deleted_at, text FROM v_posts") == [(None, "Back again")]


@pytest.mark.parametrize(
    ("mark", "origin"), [({"baseline": frozenset({AMBASSADOR.key})}, "baseline"), ({"backfill": True}, "backfill"), ({}, "live")]
)
async def test_the_origin_of_a_post_is_kept(store: Store, mark: dict[str, Any], origin: str) -> None:
    await store.save_page(page([post("1")], **mark), NOW)
    assert [w.origin for w in await store.pending()] == [origin]


async def test_the_baseline_of_one_account_is_not_that_of_another(store: Store) -> None:
    both = [post("1"), post("2", account=MINISTRY, author="did:plc:mea")]
    await store.save_page(page(both, baseline=frozenset({MINISTRY.key})), NOW)
    assert [w.origin for w in await store.pending()] == ["live", "baseline"]


async def test_a_poll_that_went_well_is_an_accounts_baseline_behind_it(store: Store) -> None:
    failed, empty = (page(outcomes={AMBASSADOR.key: Outcome(kind)}) for kind in ("unreachable", "ok"))
    await store.save_page(failed, NOW)
    assert not (await store.sync_accounts([AMBASSADOR], NOW))[AMBASSADOR.key].polled
    await store.save_page(empty, NOW)
    assert (await store.sync_accounts([AMBASSADOR], NOW))[AMBASSADOR.key].polled


async def test_the_first_author_seen_is_pinned_and_another_ones_posts_are_held(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    saved = await store.save_page(page([post("2", author="did:plc:thief")]), NOW)
    assert (saved.new_posts, saved.held, saved.anything) == (1, 1, False)
    assert [w.post.key for w in await store.pending()] == ["bluesky:1"]
    assert ask("SELECT held FROM posts WHERE key = 'bluesky:2'") == [("written by did:plc:thief, pinned is did:plc:amb",)]


async def test_a_configured_pin_wins_over_what_is_seen(open_store: OpenStore) -> None:
    store = await open_store()
    pinned = Account("bluesky", "amb.example", id="did:plc:right")
    await store.sync_accounts([pinned], NOW)
    assert (await store.save_page(page([post("1", author=DID)]), NOW)).held == 1


async def test_posts_of_an_account_without_author_ids_are_not_held(store: Store) -> None:
    assert (await store.save_page(page([post("1", author=None)]), NOW)).held == 0
    assert len(await store.pending()) == 1


async def test_a_changed_identity_holds_the_account_until_the_pinned_one_is_back(store: Store) -> None:
    await store.save_page(page([post("1")], identities={AMBASSADOR.key: Identity(DID, "amb.example")}), NOW)
    thief = {AMBASSADOR.key: Identity("did:plc:thief", "amb.example")}
    saved = await store.save_page(page([post("2", author=None), post("3")], identities=thief), NOW)
    why = "identity changed: amb.example is now did:plc:thief, pinned is did:plc:amb"
    assert (saved.held, saved.identity_changed) == (2, ((AMBASSADOR.key, why),))
    assert (await store.save_page(page(identities=thief), NOW)).identity_changed == ()
    assert (await store.sync_accounts([AMBASSADOR], NOW))[AMBASSADOR.key].held == why
    await store.save_page(page(identities={AMBASSADOR.key: Identity(DID, "amb.example", "The Ambassador")}), NOW)
    row = (await store.sync_accounts([AMBASSADOR], NOW))[AMBASSADOR.key]
    assert (row.held, row.display_name) == (None, "The Ambassador")
    # Only what the pinned identity signed is released.
    assert [w.post.key for w in await store.pending()] == ["bluesky:1", "bluesky:3"]


async def test_a_held_account_is_not_triaged_until_it_is_released(store: Store) -> None:
    await store.save_page(page([post("1")]), NOW)
    await store.hold(AMBASSADOR.key, "looks hijacked")
    await store.save_page(page([post("2")]), NOW)
    assert await store.pending() == []
    assert await store.release(AMBASSADOR.key) == 2
    assert [w.post.key for w in await store.pending()] == ["bluesky:1", "bluesky:2"]


async def test_releasing_pins_the_identity_that_was_seen_last(store: Store) -> None:
    await store.save_page(page([post("1")], identities={AMBASSADOR.key: Identity("did:plc:new", "amb.example")}), NOW)
    await store.release(AMBASSADOR.key)
    assert (await store.save_page(page([post("2", author="did:plc:new")]), NOW)).held == 0


async def test_a_newly_configured_id_is_the_operators_word(store: Store) -> None:
    await store.save_page(page([post("1")]), NOW)
    await store.save_page(
        page([post("2", author="did:plc:moved")], identities={AMBASSADOR.key: Identity("did:plc:moved", "amb.example")}), NOW
    )
    moved = Account("bluesky", "amb.example", id="did:plc:moved", country="US", kind="mission", office="ambassador")
    row = (await store.sync_accounts([moved], NOW))[moved.key]
    assert (row.pin, row.pinned_by, row.held) == ("did:plc:moved", "config", None)
    assert [w.post.key for w in await store.pending()] == ["bluesky:1", "bluesky:2"]


async def test_a_triaged_post_is_not_triaged_again_by_hold_and_release(store: Store) -> None:
    await store.save_page(page([post("1")]), NOW)
    await triage_all(store, PLAIN)
    await store.hold(AMBASSADOR.key, "looks hijacked")
    assert await store.release(AMBASSADOR.key) == 0
    assert await store.pending() == []


async def test_another_account_cannot_touch_a_post(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1", "Called Modi")]), NOW)
    forged = post("1", "Called nobody", version="v2", account=MINISTRY, author="did:plc:mea")
    assert await store.save_page(page([forged]), NOW) == Saved(foreign=("bluesky:1",))
    assert ask("SELECT text FROM v_posts") == [("Called Modi",)]


async def test_the_same_author_under_a_new_handle_can(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1", "Called Modi")]), NOW)
    renamed = Account("bluesky", "amb2.example", id=DID)
    await store.sync_accounts([renamed], NOW)
    assert (await store.save_page(page([post("1", "Called him", version="v2", account=renamed)]), NOW)).new_revisions == 1


async def test_a_post_of_an_account_nobody_configured_is_kept(store: Store, ask: Ask) -> None:
    stranger = Account("jsonl", "somebody:else")
    assert (await store.save_page(page([post("1", account=stranger, author=None)]), NOW)).new_posts == 1
    assert ask("SELECT source, handle, active FROM accounts WHERE key = 'jsonl:somebody:else'") == [("jsonl", "somebody:else", 0)]


async def test_accounts_that_left_the_configuration_stay_inactive(store: Store, ask: Ask) -> None:
    rows = await store.sync_accounts([MINISTRY], NOW)
    assert set(rows) == {MINISTRY.key}
    assert ask("SELECT key, active FROM accounts ORDER BY key") == [(AMBASSADOR.key, 0), (MINISTRY.key, 1)]
    assert set(await store.sync_accounts([AMBASSADOR, MINISTRY], NOW)) == {AMBASSADOR.key, MINISTRY.key}


async def test_what_is_configured_of_an_account_reaches_triage(store: Store) -> None:
    changed = Account(
        "bluesky",
        "amb.example",
        country="GB",
        kind="leader",
        office="monarch",
        holder="Ada",
        timezone="Europe/London",
        every=5,
        tier=2,
    )
    await store.sync_accounts([changed], NOW)
    await store.save_page(page([post("1")]), NOW)
    (work,) = await store.pending()
    assert work.account == Account(
        **{
            name: getattr(changed, name)
            for name in ("source", "handle", "country", "kind", "office", "holder", "timezone", "every", "tier")
        },
        id=DID,
    )


async def test_only_so_many_of_the_newest_posts_are_known(store: Store) -> None:
    await store.save_page(page([post(str(n), seen=later(n)) for n in range(5)]), NOW)
    assert await store.known(AMBASSADOR.key, 2) == {("bluesky:4", "v1"), ("bluesky:3", "v1")}


async def test_all_parts_and_the_authors_marks_come_back(store: Store) -> None:
    parts: dict[Any, str] = {"title": "T", "text": "x" * 50_000, "quote": "Q", "card": "C", "alt": "\u202eA\u200b", "parent": ""}
    given_post = post("1", parts=parts, lang="en", raw='{"a": 1}')
    await store.save_page(page([given_post]), NOW)
    (work,) = await store.pending()
    assert work.post.parts == parts
    assert (work.post.lang, work.post.author, work.post.raw) == ("en", given_post.author, None)


async def test_lone_surrogates_and_nul_are_replaced_on_entry(store: Store) -> None:
    hostile = post("\ud800key", "Tr\ud83dump \x00", version="\udfff", lang="\ud800", raw="\ud800")
    await store.save_page(page([hostile], cursors={"\ud800": "\udc00"}), NOW)
    (work,) = await store.pending()
    assert work.post.parts == {"text": "Tr\ufffdump \ufffd"}
    assert await store.known(AMBASSADOR.key, 1) == {("bluesky:\ufffdkey", "\ufffd")}
    assert await store.save_page(page([hostile], cursors={"\ud800": "\udc00"}), NOW) == Saved()


async def test_a_time_the_platform_cannot_mean_costs_no_page(store: Store) -> None:
    odd = post("1")
    object.__setattr__(odd, "created_at", NOW.replace(tzinfo=None))
    await store.save_page(page([odd, post("2")]), NOW)
    assert [w.post.created_at is None for w in await store.pending()] == [True, False]


async def test_an_idle_poll_writes_nothing(store: Store, path: Path, ask: Ask) -> None:
    await store.save_page(page([post("1")], cursors={"a": "1"}, identities={AMBASSADOR.key: Identity(DID, "amb.example")}), NOW)
    wal = path.with_name("log.db-wal")
    before = (wal.stat().st_size, wal.stat().st_mtime_ns)
    for second in range(5):
        again = page([post("1")], cursors={"a": "1"}, identities={AMBASSADOR.key: Identity(DID, "amb.example")})
        await store.save_page(again, later(second))
        await store.pending()
    assert (wal.stat().st_size, wal.stat().st_mtime_ns) == before


async def test_a_clock_that_steps_back_loses_no_post(store: Store, ask: Ask) -> None:
    await store.save_page(page([post("1")]), NOW)
    await store.save_page(page([post("2", seen=later(days=-1))]), later(days=-1))
    assert [w.post.key for w in await store.pending()] == ["bluesky:1", "bluesky:2"]
    await triage_all(store, now=later(days=-2))
    assert await store.pending() == []
    assert ask("SELECT day, posts, flagged FROM v_daily ORDER BY day") == [("2026-11-21", 1, 1), ("2026-11-22", 1, 1)]


async def test_full_text_follows_edits_and_deletions(store: Store, ask: Ask) -> None:
    found = "SELECT rowid FROM posts_search WHERE posts_search MATCH ?"
    await store.save_page(page([post("1", "Called Modi")]), NOW)
    assert ask(found, "modi") == [(1,)]
    await store.save_page(page([post("1", "Called Macron", version="v2")]), NOW)
    assert (ask(found, "modi"), ask(found, "macron")) == ([], [(1,)])
    await store.save_page(page([post("1", version="gone", deleted=True)]), NOW)
    assert ask(found, "macron") == []
    assert ask("SELECT COUNT(*) FROM posts_search") == [(0,)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.booleans()), max_size=12), st.integers(2, 6))
def test_pages_in_any_cut_come_to_the_same_log(seen: list[tuple[str, str, bool]], size: int) -> None:
    """However a sequence of revisions and deletions is cut into pages, every post handed over twice, the rows are the same."""
    posts = [post(key, f"text {version}", version=version + str(gone), deleted=gone) for key, version, gone in seen]
    assert written([one for one in posts for _ in range(2)], size) == written(posts, 1)


def written(posts: list[Post], size: int) -> list[tuple[Any, ...]]:
    """The rows after these posts came in pages of `size`."""
    db = Database(sqlite3.connect(":memory:", isolation_level=None))
    db.conn.row_factory = sqlite3.Row
    db.executescript(migrations()[0][2])
    for start in range(0, len(posts), size):
        pages.save(db, page(posts[start : start + size]), NOW)
    rows = [tuple(row) for row in db.execute("SELECT p.*, r.* FROM posts p JOIN revisions r ON r.post = p.id ORDER BY r.id")]
    counted = db.execute("SELECT COALESCE(SUM(posts), 0) FROM daily").fetchone()[0]
    assert counted == db.execute("SELECT COUNT(*) FROM posts").fetchone()[0]
    db.close()
    return rows
