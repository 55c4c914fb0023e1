"""The Bluesky source against an AppView that can be made to do anything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from monitor.sources.bluesky import BlueskySettings
from tests.sources.appview import DID, NOW, AppView
from tests.sources.bluesky_reader import ACCOUNT, Reader


@pytest.fixture
def view() -> AppView:
    return AppView()


@pytest.fixture
def reader(view: AppView) -> Reader:
    return Reader(view)


async def test_the_first_poll_is_the_baseline_and_the_next_is_not(view: AppView, reader: Reader) -> None:
    view.post("old")
    first = await reader.page()
    assert first.baseline == {"bluesky:elysee.fr"}
    assert [post.parts["text"] for post in first.posts] == ["old"]
    view.post("new")
    second = await reader.page()
    assert not second.baseline
    assert [post.parts["text"] for post in second.posts] == ["new"]


async def test_the_baseline_of_an_account_without_posts_is_kept_too(view: AppView, reader: Reader) -> None:
    assert (await reader.page()).baseline
    view.post("first word")
    page = await reader.page()
    assert not page.baseline
    assert len(page.posts) == 1


async def test_an_unchanged_feed_is_not_modified(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.page()
    page = await reader.page()
    assert page.outcomes["bluesky:elysee.fr"].kind == "not_modified"
    assert page.posts == ()
    assert page.cursors == {}


async def test_a_changed_count_of_likes_brings_nothing(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.page()
    view.posts[0]["likeCount"] = 4
    page = await reader.page()
    assert page.outcomes["bluesky:elysee.fr"].kind == "ok"
    assert (page.posts, page.cursors) == ((), {})


async def test_a_page_that_was_not_stored_comes_again(view: AppView, reader: Reader) -> None:
    await reader.page()
    view.post("new")
    async for _page in reader.source.fetch([ACCOUNT], dict(reader.cursors), NOW):
        break
    assert await reader.texts() == ["new"]


async def test_more_than_a_page_of_new_posts_is_walked_back_to_what_is_known(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.pages()
    for number in range(230):
        view.post(f"new {number}")
    texts = await reader.texts()
    assert set(texts) == {f"new {number}" for number in range(230)}
    assert await reader.texts() == []


async def test_a_crash_in_the_middle_of_a_walk_walks_again(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.pages()
    for number in range(120):
        view.post(f"new {number}")
    async for page in reader.source.fetch([ACCOUNT], dict(reader.cursors), NOW):
        reader.keep(page.cursors)
        break
    reader.restart()
    assert len(await reader.texts()) == 120


async def test_a_walk_ends_at_the_cap_and_says_so(view: AppView) -> None:
    reader = Reader(view, max_pages=2)
    view.post("old")
    await reader.pages()
    for number in range(300):
        view.post(f"new {number}")
    pages = await reader.pages()
    assert len(pages) == 2
    assert "more than 2 pages are new" in pages[-1].outcomes["bluesky:elysee.fr"].detail


async def test_a_restart_knows_what_was_seen(view: AppView, reader: Reader) -> None:
    for number in range(20):
        view.post(f"old {number}")
    await reader.pages()
    reader.restart()
    assert await reader.texts() == []
    assert view.asked == ["getAuthorFeed", "getAuthorFeed"]


async def test_a_backdated_post_on_the_page_is_found(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.page()
    view.post("backdated", minutes_ago=60 * 24 * 365)
    view.posts.append(view.posts.pop(0))
    page = await reader.page()
    assert [post.parts["text"] for post in page.posts] == ["backdated"]
    assert page.posts[0].at == NOW - timedelta(days=365)


async def test_deleting_posts_does_not_bring_old_ones_back_for_ever(view: AppView, reader: Reader) -> None:
    uris = [view.post(f"old {number}") for number in range(12)]
    await reader.pages()
    for uri in uris[-3:]:
        view.delete(uri)
    await reader.pages()
    asked = len(view.asked)
    view.posts[0]["likeCount"] = 9
    await reader.pages()
    assert len(view.asked) == asked + 1


async def test_a_repost_at_the_end_of_a_page_does_not_start_a_walk_each_time(view: AppView, reader: Reader) -> None:
    repost = {"post": view._view({"uri": "at://did:plc:x/app.bsky.feed.post/1", "cid": "bafy", "record": {"text": "x", "createdAt": ""}}),
              "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}  # fmt: skip
    for number in range(20):
        view.post(f"old {number}")
    view.posts.insert(4, repost)
    await reader.pages()
    view.posts[0]["likeCount"] = 9
    assert await reader.texts() == []
    assert len(view.asked) == 2


async def test_an_edit_is_a_revision_of_the_same_key(view: AppView, reader: Reader) -> None:
    uri = view.post("We spoke.")
    await reader.pages()
    view.edit(uri, "We did not speak.")
    page = await reader.page()
    assert [(post.key, post.parts["text"]) for post in page.posts] == [(uri, "We did not speak.")]


async def test_without_a_pin_the_handle_is_looked_up_once(view: AppView, reader: Reader) -> None:
    view.post("old")
    unpinned = replace(ACCOUNT, id=None)
    page = await reader.page(unpinned)
    assert page.identities["bluesky:elysee.fr"].id == DID
    await reader.page(unpinned)
    assert view.asked == ["getProfile", "getAuthorFeed", "getAuthorFeed"]


async def test_an_account_without_posts_is_pinned_by_its_profile(view: AppView, reader: Reader) -> None:
    page = await reader.page(replace(ACCOUNT, id=None))
    assert page.identities["bluesky:elysee.fr"].id == DID


async def test_a_new_handle_is_told_once_and_the_feed_read_on(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.page()
    view.handle = "archive.elysee.fr"
    view.post("new")
    page = await reader.page()
    assert page.identities["bluesky:elysee.fr"].handle == "archive.elysee.fr"
    assert len(page.posts) == 1
    view.post("newer")
    assert (await reader.page()).identities == {}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.ConnectError("refused"), "unreachable", "no connection"),
        (httpx.ReadTimeout("slow"), "unreachable", "no answer in time"),
        (httpx.Response(500), "unreachable", "500"),
        (httpx.Response(502, text="<html>"), "unreachable", "502"),
        (httpx.Response(429, headers={"RateLimit-Reset": "60"}), "rate_limited", "too many"),
        (httpx.Response(403, text="<html>blocked"), "blocked", "403"),
        (httpx.Response(401, json={"error": "AuthMissing"}), "auth", "login"),
        (
            httpx.Response(200, text="<!doctype html>", headers={"content-type": "text/html"}),
            "bad_content",
            "expected JSON, got text/html",
        ),
        (httpx.Response(200, json={"feed": "none"}), "bad_content", "no feed"),
        (httpx.Response(200, json=[]), "bad_content", "no feed"),
        (
            httpx.Response(400, json={"error": "InvalidRequest", "message": "Invalid AT identifier"}),
            "bad_content",
            "Invalid AT identifier",
        ),
        (httpx.Response(400, json={"error": "InvalidRequest", "message": "Profile not found"}), "gone", "no such account"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example"}), "moved", "elsewhere.example"),
    ],
)
async def test_whatever_goes_wrong_is_an_outcome(
    answer: httpx.Response | Exception, kind: str, words: str, view: AppView, reader: Reader
) -> None:
    view.answers = [answer]
    page = await reader.page()
    assert page.outcomes["bluesky:elysee.fr"].kind == kind
    assert words in page.outcomes["bluesky:elysee.fr"].detail
    assert page.posts == ()
    view.post("after")
    assert (await reader.page()).posts


async def test_a_rate_limit_says_until_when(view: AppView, reader: Reader) -> None:
    view.answers = [httpx.Response(429, headers={"Retry-After": "120", "RateLimit-Reset": "60"})]
    assert (await reader.page()).outcomes["bluesky:elysee.fr"].until == NOW + timedelta(seconds=120)


async def test_a_failure_in_the_middle_of_a_walk_loses_nothing(view: AppView, reader: Reader) -> None:
    view.post("old")
    await reader.pages()
    for number in range(120):
        view.post(f"new {number}")
    first = view.getAuthorFeed(httpx.Request("GET", "https://x.example", params={"actor": DID, "limit": "5"}))
    view.answers = [first, httpx.Response(502)]
    pages = await reader.pages()
    assert pages[-1].outcomes["bluesky:elysee.fr"].kind == "unreachable"
    assert len(await reader.texts()) == 120


async def test_a_deactivated_account_is_told_apart_when_asked_for(view: AppView, reader: Reader) -> None:
    view.gone = "AccountDeactivated"
    outcome, identity = await reader.source.identify(ACCOUNT)
    assert (outcome.kind, outcome.detail, identity) == ("gone", "the account is deactivated by its owner", None)


async def test_a_large_answer_is_read_the_same(view: AppView, reader: Reader) -> None:
    view.post("x" * 50_000)
    for _ in range(4):
        view.post("y" * 50_000)
    page = await reader.page()
    assert [len(post.parts["text"]) for post in page.posts] == [50_000] * 5


async def test_requests_are_conditional_only_once_the_answer_is_stored(view: AppView, reader: Reader) -> None:
    view.post("old")
    async for _page in reader.source.fetch([ACCOUNT], {}, NOW):
        break
    await reader.page()
    assert "If-None-Match" not in view.requests[1].headers
    await reader.page()
    assert "If-None-Match" in view.requests[2].headers


def test_settings_know_where_everything_is() -> None:
    settings = BlueskySettings(appview="http://127.0.0.1:1", plc="http://127.0.0.1:2")
    assert json.loads(settings.model_dump_json())["page"] == 30
