"""What is fuzzed: every parser, and the matcher. A target takes bytes and may only raise what its module says it raises."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from monitor.channels.text import cut, neutral, web_link
from monitor.cli.accounts import from_csv, from_opml
from monitor.config import ConfigError, load
from monitor.http import moment
from monitor.leaders import load as load_leaders
from monitor.match import Matcher, match_lines
from monitor.model import Account, Identity
from monitor.sources.bluesky_posts import read_author, read_feed, read_posts
from monitor.sources.feed_dates import read_date
from monitor.sources.feed_document import read_document
from monitor.sources.html_text import read_html
from monitor.sources.mastodon_posts import read_account, read_rss, read_statuses
from monitor.sources.records import read_line
from monitor.sources.shaping import OddError
from monitor.sources.telegram_page import read_preview
from monitor.sources.x_posts import Member, read_page, read_users
from monitor.store.search import fold, match_query

NOW = datetime(2026, 5, 2, 10, tzinfo=UTC)
ACCOUNT = Account("bluesky", "a.test", "did:plc:a", "FR", "presidency", "head_of_state")

X_MEMBER = Member(ACCOUNT, Identity("1", "a"))


def text_of(data: bytes) -> str:
    """Any text, lone surrogates included."""
    return data.decode("utf-8", "surrogatepass" if data[:1] < b"\x80" else "replace") if _valid(data) else data.decode("utf-8", "replace")


def _valid(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def json_of(data: bytes) -> Any:
    """Any JSON; what is none is a string."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return text_of(data)


@cache
def matcher() -> Matcher:
    return Matcher(load_leaders())


def fuzz_match(data: bytes) -> None:
    text = text_of(data)
    finding = matcher().match({"text": text}, None, NOW)
    assert 0.0 <= finding.confidence <= 1.0
    for span in (*finding.evidence, *(e for c in finding.contacts for e in c.evidence)):
        assert 0 <= span.start <= span.end <= len(text)


def fuzz_match_lines(data: bytes) -> None:
    for found in match_lines(text_of(data).splitlines(), matcher(), NOW):
        json.dumps(found)


def fuzz_bluesky(data: bytes) -> None:
    body = json_of(data)
    with suppress(OddError):
        read_feed(body, ACCOUNT.key, "did:plc:a", NOW)
    with suppress(OddError):
        read_posts(body, ACCOUNT.key, "did:plc:a", NOW)
    read_author(body)


def fuzz_mastodon(data: bytes) -> None:
    body = json_of(data)
    with suppress(OddError):
        read_statuses(body, ACCOUNT, "m.test", "1", NOW)
    read_account(body, "m.test")
    with suppress(OddError):
        read_rss(data, ACCOUNT, "m.test", NOW)


def fuzz_feed(data: bytes) -> None:
    with suppress(OddError):
        read_document(data, "application/rss+xml")
    with suppress(OddError):
        read_document(data, "application/feed+json")


def fuzz_telegram(data: bytes) -> None:
    with suppress(OddError):
        read_preview(text_of(data), ACCOUNT, NOW)


def fuzz_x(data: bytes) -> None:
    body = json_of(data)
    with suppress(OddError):
        read_page(body, {"1": X_MEMBER}, NOW, X_MEMBER)
    read_users(body)


def fuzz_jsonl(data: bytes) -> None:
    with suppress(OddError):
        read_line(text_of(data), {"a.test": ACCOUNT}, "jsonl", NOW)


def fuzz_small(data: bytes) -> None:
    """Short readers: HTML, dates, reset headers, queries, OPML, CSV."""
    text = text_of(data)
    read_html(text)
    read_date(text, "Europe/Paris")
    moment(text, NOW)
    match_query(text)
    fold(text)
    from_opml(text)
    with suppress(ConfigError):
        from_csv(text)


def fuzz_config(data: bytes) -> None:
    with suppress(ConfigError):
        load(text_of(data))


def fuzz_channel_text(data: bytes) -> None:
    text = text_of(data)
    shown, _ = neutral(text)
    assert "@everyone" not in shown
    assert len(cut(shown, 100)) <= 100
    link = web_link(text)
    assert link is None or link.startswith(("https://", "http://"))


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "match": fuzz_match,
    "match_lines": fuzz_match_lines,
    "bluesky": fuzz_bluesky,
    "mastodon": fuzz_mastodon,
    "feed": fuzz_feed,
    "telegram": fuzz_telegram,
    "x": fuzz_x,
    "jsonl": fuzz_jsonl,
    "small": fuzz_small,
    "config": fuzz_config,
    "channel_text": fuzz_channel_text,
}

SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "match": ("Had a great call with President Macron 🇫🇷".encode(), "与习近平主席通话".encode(), "تحدثت مع الرئيس".encode()),
    "match_lines": (b'{"id":"1","text":"Spoke with PM Modi","account":"x","holder":{"country":"FR"}}',),
    "bluesky": ((b'{"feed":[{"post":{"uri":"at://did:plc:a/app.bsky.feed.post/1","cid":"c","author":{"did":"did:plc:a","handle":"a.test"},'
                b'"record":{"text":"x","createdAt":"2026-05-02T10:00:00Z"},"indexedAt":"2026-05-02T10:00:00Z"}}]}'),),
    "mastodon": (b'[{"id":"1","created_at":"2026-05-02T10:00:00Z","content":"<p>x</p>","account":{"id":"1","acct":"a"},"url":"https://m.test/1"}]',),
    "feed": (b"<rss><channel><item><title>x</title><guid>1</guid></item></channel></rss>", b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1"}]}'),
    "telegram": (b'<div class="tgme_widget_message" data-post="a/1"><div class="tgme_widget_message_text">x</div></div>',),
    "x": (b'{"data":[{"id":"1800000000000000001","author_id":"1","text":"x","created_at":"2026-05-02T10:00:00.000Z"}],"meta":{"newest_id":"1800000000000000001"}}',),
    "jsonl": (b'{"id":"1","account":"a.test","text":"x","created_at":"2026-05-02T10:00:00Z"}',),
    "small": (b"<p>a</p>", b"Sat, 02 May 2026 10:00:00 +0200", b"1777716000", b'"in order" word*'),
    "config": (b'[channels.a]\ntype = "console"\n',),
    "channel_text": ("@everyone <!channel> [x](https://evil.test) \u202e".encode(),),
}  # fmt: skip
