"""What X's API answers, read into posts: captures in both generations of its names, and any damage to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Account, Identity
from monitor.sources.shaping import OddError, time_of
from monitor.sources.x_posts import Member, Read, number, read_page, read_users

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent / "captures/x"
CAPTURES = {name: json.loads((FOLDER / f"search-{name}-names.json").read_text("utf-8")) for name in ("old", "new")}
MEMBERS = {native: Member(Account("x", handle, id=native), Identity(native, handle)) for native, handle in CAPTURES["old"]["members"].items()}


def page(body: Any) -> Read:
    return read_page(body, MEMBERS, NOW)


@pytest.mark.parametrize("names", CAPTURES)
def test_every_post_of_the_capture_is_read_as_expected(names: str) -> None:
    capture = CAPTURES[names]
    found = page(capture["body"])
    assert [
        {"key": p.key, "version": p.version, "account": p.account, "url": p.url, "lang": p.lang, "created_at": p.created_at, "parts": dict(p.parts)}
        for p in found.posts
    ] == [{**expected, "created_at": time_of(expected["created_at"])} for expected in capture["expected"]]
    assert len(found.odd) == capture["odd"]
    assert any("31337" in odd for odd in found.odd)
    assert (found.newest, found.token) == (int(capture["newest"]), capture["token"])
    assert all(post.author == MEMBERS[post.author.id].identity for post in found.posts if post.author)


def test_a_post_without_its_author_is_read_only_where_only_one_can_have_written_it() -> None:
    body = {"data": [{"id": "5", "text": "We spoke."}]}
    assert page(body).nameless == {"5"}
    assert page(body).posts == ()
    alone = next(iter(MEMBERS.values()))
    assert [post.account for post in read_page(body, MEMBERS, NOW, alone).posts] == [alone.account.key]


def test_a_repost_whose_original_is_hidden_keeps_what_it_shows_as_a_quote() -> None:
    native = next(iter(MEMBERS))
    item = {"id": "7", "author_id": native, "text": "RT @other: We spoke with…", "referenced_tweets": [{"type": "retweeted", "id": "6"}]}
    (post,) = page({"data": [item]}).posts
    assert post.parts == {"quote": "We spoke with…"}


def test_an_earlier_version_names_the_newest_of_its_history() -> None:
    native = next(iter(MEMBERS))
    item = {"id": "99", "author_id": native, "text": "We spok", "edit_history_tweet_ids": ["99", "100"]}
    assert page({"data": [item]}).latest == {"99": "100"}


def test_a_link_is_replaced_only_where_it_is_one_and_never_twice() -> None:
    native = next(iter(MEMBERS))
    urls = [{"url": "e", "expanded_url": "https://a.example"}, {"url": "https://t.co/a", "expanded_url": "https://b.example/https://t.co/a"}]
    (post,) = page({"data": [{"id": "5", "author_id": native, "text": "e https://t.co/a", "entities": {"urls": urls}}]}).posts
    assert post.parts["text"] == "e https://b.example/https://t.co/a"


def test_what_does_not_exist_is_told_from_what_is_not_shown() -> None:
    host = "https://api.twitter.com/2/problems/"
    errors = [{"resource_id": "1", "type": host + "resource-not-found"}, {"value": "2", "type": host + "not-authorized-for-resource"}]
    assert page({"errors": errors}).gone == {"1"}


def test_users_are_read_with_the_reasons_for_those_missing() -> None:
    body = {
        "data": [{"id": "12", "username": "PMOIndia", "name": "PMO", "verified": True, "protected": True}, {"id": "x", "username": "odd"}],
        "errors": [
            {"value": "Nobody", "type": "https://api.x.com/2/problems/resource-not-found", "detail": "Could not find user"},
            {"value": "gone", "type": "https://api.x.com/2/problems/resource-not-found", "detail": "User has been suspended: [gone]."},
        ],
    }
    (user,), why = read_users(body)
    assert user.identity == Identity("12", "PMOIndia", "PMO", True)
    assert user.protected
    assert why == {"nobody": "resource-not-found", "gone": "suspended"}


def test_ids_are_compared_as_numbers() -> None:
    assert number("1992123456789012345") > number("999999999999999999")
    assert number("²") == number(12) == number("12345678901234567890") == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    def damage(value: Any) -> Any:
        if draw(st.integers(0, 25)) == 0:
            return draw(JSON)
        if isinstance(value, dict):
            return {key: damage(inner) for key, inner in value.items()}
        return [damage(inner) for inner in value] if isinstance(value, list) else value

    body = CAPTURES[draw(st.sampled_from(["old", "new"]))]["body"]
    return damage({**body, "data": [draw(st.sampled_from(body["data"]))]})


@given(damaged() | JSON)
def test_any_json_is_posts_or_named(body: Any) -> None:
    read_users(body)
    try:
        found = page(body)
    except OddError as reason:
        assert str(reason)
        return
    data = body.get("data")
    items = len(data) if isinstance(data, list) and data else int(isinstance(data, dict))
    assert len(found.posts) + len(found.odd) + len(found.nameless) == items
    for post in found.posts:
        "".join(post.parts.values()).encode()
        assert post.key.startswith("x:")
        assert post.parts
        assert post.account in {member.account.key for member in MEMBERS.values()}
