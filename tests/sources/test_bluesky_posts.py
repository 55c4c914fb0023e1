"""Author feeds as captures, and as anything at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.bluesky_posts import Feed, read_author, read_feed, read_posts
from monitor.sources.shaping import OddError, time_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CAPTURE = json.loads((Path(__file__).parent.parent / "captures/bluesky/author-feed.json").read_text())
DID, KEY = CAPTURE["account"]["id"], "bluesky:elysee.fr"


@pytest.fixture(scope="module")
def feed() -> Feed:
    return read_feed(CAPTURE["body"], KEY, DID, NOW)


def test_every_post_of_the_capture_is_read_as_expected(feed: Feed) -> None:
    posts = [item.post for item in feed.items if item.post]
    assert [
        {
            "key": post.key,
            "version": post.version,
            "parts": dict(post.parts),
            "created_at": post.created_at,
            "lang": post.lang,
            "url": post.url,
        }
        for post in posts
    ] == [{**expected, "created_at": time_of(expected["created_at"])} for expected in CAPTURE["expected"]]
    assert all(post.account == KEY and post.seen_at == NOW and post.author and post.author.id == DID for post in posts)


def test_reposts_and_the_pinned_copy_are_dropped(feed: Feed) -> None:
    assert sum(item.post is None for item in feed.items) == CAPTURE["dropped"]


def test_odd_items_are_named_and_cost_no_other(feed: Feed) -> None:
    assert len(feed.odd) == CAPTURE["odd"]
    assert "not by the account" in feed.odd[2]
    assert feed.odd[3] == "item 21: no uri or cid"


def test_a_post_from_the_future_speaks_from_when_it_was_seen(feed: Feed) -> None:
    (post,) = [item.post for item in feed.items if item.post and item.post.parts.get("text") == "From the future"]
    assert post.at == NOW


def test_verification_and_domain_handle_are_read(feed: Feed) -> None:
    assert feed.author is not None
    assert (feed.author.handle, feed.author.display_name, feed.author.verified, feed.author.domain_handle) == (
        "elysee.fr", "Élysée", True, True,
    )  # fmt: skip


def test_what_is_known_is_not_built_again() -> None:
    first = read_feed(CAPTURE["body"], KEY, DID, NOW)
    marks = {item.mark for item in first.items}
    again = read_feed(CAPTURE["body"], KEY, DID, NOW, marks.__contains__)
    assert [item.mark for item in again.items] == [item.mark for item in first.items]
    assert all(item.post is None for item in again.items)


def test_an_edit_is_another_revision_of_the_same_key() -> None:
    body = json.loads(json.dumps(CAPTURE["body"]))
    marks = {item.mark for item in read_feed(body, KEY, DID, NOW).items}
    body["feed"][0]["post"]["cid"] = "bafyreibedited00000000000000000000000000000000000000000001"
    body["feed"][0]["post"]["record"]["text"] = "I have not spoken with anyone."
    (post,) = [item.post for item in read_feed(body, KEY, DID, NOW, marks.__contains__).items if item.post]
    assert post.key == CAPTURE["expected"][0]["key"]
    assert post.parts == {"text": "I have not spoken with anyone."}


@pytest.mark.parametrize("body", [None, [], {}, {"feed": None}, {"feed": {}}, {"error": "x"}, "feed", 4])
def test_an_answer_that_is_no_feed_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(OddError, match="no feed"):
        read_feed(body, KEY, DID, NOW)


@pytest.mark.parametrize(
    ("status", "trusted", "verified"),
    [("valid", "none", True), ("invalid", "none", False), ("none", "valid", True), ("none", "none", None)],
)
def test_verification_is_read(status: str, trusted: str, verified: bool | None) -> None:
    shown = {"did": DID, "handle": "a.bsky.social", "verification": {"verifiedStatus": status, "trustedVerifierStatus": trusted}}
    identity = read_author(shown)
    assert identity is not None
    assert identity.verified is verified
    assert not identity.domain_handle


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def mutated(draw: st.DrawFn, value: Any, depth: int = 0) -> Any:
    """The value with some of its inside replaced by anything."""
    if draw(st.integers(0, 30)) == 0 and depth:
        return draw(JSON)
    if isinstance(value, dict):
        return {key: mutated(draw, inner, depth + 1) for key, inner in value.items() if draw(st.integers(0, 30))}
    if isinstance(value, list):
        return [mutated(draw, inner, depth + 1) for inner in value]
    return value


ENTRIES = st.sampled_from(CAPTURE["body"]["feed"])


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    return {"feed": [mutated(draw, draw(ENTRIES), 1) for _ in range(2)], "cursor": draw(JSON)}


@given(bodies())
def test_any_damage_to_a_feed_costs_only_the_items_it_hits(body: Any) -> None:
    feed = read_feed(body, KEY, DID, NOW)
    assert len(feed.items) + len(feed.odd) == len(body["feed"])
    for item in feed.items:
        if item.post is not None:
            "".join(item.post.parts.values()).encode()
            assert item.post.raw
            item.post.raw.encode()


@given(JSON)
def test_any_json_is_a_feed_or_named(body: Any) -> None:
    try:
        read_feed(body, KEY, DID, NOW)
    except OddError as reason:
        assert str(reason)
    read_posts(body, KEY, DID, NOW)
    read_author(body)
