"""Feeds of every kind as captures, and as anything at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Account
from monitor.sources.feed_document import read_document
from monitor.sources.feed_entries import read_entries
from monitor.sources.shaping import OddError

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent / "captures/feed"
CAPTURES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_reads_as_expected(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text())
    document = read_document((FOLDER / f"{name}.xml").read_bytes(), expected["content_type"])
    account = Account("feed", name, timezone=expected["timezone"])
    reading = read_entries(document, expected["url"], account, (), NOW, account.timezone)
    assert document.title == expected["title"]
    assert len(document.odd) == expected["odd"]
    assert [
        {
            "parts": dict(post.parts),
            "url": post.url,
            "created_at": post.created_at and post.created_at.isoformat(),
            "lang": post.lang,
        }
        for post in reversed(reading.posts)
    ] == expected["posts"]
    assert len({post.key for post in reading.posts}) == len(reading.posts)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html><body>We have moved</body></html>", "a web page instead of a feed"),
        (
            b'\n<html><head><link rel="alternate" type="application/rss+xml" href="/new/feed.xml"></head>',
            "names /new/feed.xml as its feed",
        ),
        (b"", "neither a feed nor JSON, but text/html of 0 bytes"),
        (b"Not found", "neither a feed nor JSON"),
        (b'{"code":"rest_no_route","message":"No route was found"}', "JSON without a list of items: No route was found"),
        (b'{"items": [', "begins like JSON and is none"),
        (b"[" * 100_000, "begins like JSON and is none"),
        (b"\x89PNG\r\n", "neither a feed nor JSON"),
    ],
)
def test_what_is_no_feed_is_said_to_be_what_it_is(body: bytes, words: str) -> None:
    with pytest.raises(OddError, match=words):
        read_document(body, "text/html; charset=utf-8")


def test_a_feed_served_as_a_web_page_is_read_all_the_same() -> None:
    assert read_document((FOLDER / "rss-ministry.xml").read_bytes(), "text/html").entries


def test_a_body_that_names_a_file_does_not_open_it(tmp_path: Path) -> None:
    secret = tmp_path / "feed.xml"
    secret.write_bytes((FOLDER / "rss-ministry.xml").read_bytes())
    with pytest.raises(OddError):
        read_document(str(secret).encode(), "text/plain")


def test_a_feed_cut_short_gives_what_is_whole() -> None:
    body = (FOLDER / "rss-ministry.xml").read_bytes()
    cut = body[: body.index(b"<title>Same guid, first")]
    assert [entry.title for entry in read_document(cut, "text/xml").entries][:1] == [
        "Telephone call between the Prime Minister & President Zelenskyy"
    ]


def test_entities_that_multiply_are_not_unfolded() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{levels}]><rss version="2.0"><channel><item><title>&l9;</title></item></channel></rss>'
    try:
        document = read_document(body.encode(), "text/xml")
    except OddError:
        return
    assert sum(len(entry.title) for entry in document.entries) < 10_000


ROOT = st.sampled_from([(FOLDER / f"{name}.xml").read_bytes() for name in CAPTURES])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A capture with pieces cut out, doubled, or replaced by noise."""
    body = draw(ROOT)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 200)))
        body = body[:start] + draw(st.sampled_from([b"", body[start:end] * 2]) | st.binary(max_size=20)) + body[end:]
    return body


@given(
    damaged() | st.binary(max_size=200),
    st.sampled_from(["text/xml", "application/json", "", "text/html; charset=klingon", "text/xml; charset=utf-16"]),
)
def test_any_bytes_are_posts_or_a_named_outcome(body: bytes, content_type: str) -> None:
    account = Account("feed", "any")
    try:
        document = read_document(body, content_type)
    except OddError as reason:
        assert str(reason)
        return
    for post in read_entries(document, "https://x.example/feed", account, (), NOW, "Asia/Tokyo").posts:
        assert post.parts
        "".join(post.parts.values()).encode()
        assert post.url is None or post.url.startswith("http")
