"""Hostile messages, and what may never be found in a payload whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from hypothesis import strategies as st

from monitor.model import Message

NASTY = (
    "@everyone", "@here", "@channel", "<!channel>", "<!here|x>", "<@U012AB3CD>", "<@&123>", "<#C01>", "<https://evil.example|White House>",
    "[click](https://evil.example/x)", "https://evil.example/a?b=c", "HTTPS://EVIL.EXAMPLE", "www.evil.example", "evil.example", "t.me/evil",
    "tg://resolve?domain=evil", "javascript:alert(1)", "mailto:a@evil.example", "a@evil.example", "https://gоv.example", "раypal.com",
    "https://user:pw@evil.example", "//evil.example", "https:\\\\evil.example", "https://evil。example", "1.1.1.1", "https://[::1]/",
    "*bold*", "_it_", "~s~", "`code`", "```\nblock\n```", "# head", "> quote", "- item", "1. item", "||spoiler||", "$x$", ":smile:", "~town",
    "#tag", "/command", "$CASH", "&lt;b&gt;", "<b>bold</b>", "<script>alert(1)</script>", "<img src=x onerror=y>", "</blockquote>", "&amp;",
    "\u202eevil\u202c", "\u2066\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad", "\x00", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "\x1b[31m", "\x01ACTION\x01",
    "\r\nBcc: a@evil.example", "\r\nQUIT :bye", "\n.\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\ud800", "\udfff", "\uffff", "\U000e0041",
    "👩‍👩‍👧‍👦", "🇮🇳", "🏴\U000e0067\U000e0062\U000e007f", "e\u0301" , "a" + "\u0300" * 50, "नमस्ते", "क्‍ष", "می‌خواهم", "שלום", "مرحبا", "中国外交部", "𝕏", "\U0001f600",
    "CONFIRMED by both sides", "RETRACTED", "POSSIBLE REPEAT", "{{7*7}}", "%s %n", "\\", "\\\\*", "|", "\n\n\n\n\n", "\t", " ", "\u3000", "\u3164",
)  # fmt: skip

TEXT = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=12),
        st.sampled_from(NASTY),
        st.sampled_from(NASTY).map(lambda t: t * 8),
    ),
    max_size=8,
).map("".join)
LINK = st.one_of(st.none(), st.just("https://bsky.app/profile/x/post/3k"), TEXT, TEXT.map(lambda t: "https://" + t))


@st.composite
def messages(draw: Any) -> Message:
    """Any message at all: compose is trusted to choose the words, never to have cleaned them."""
    quote = draw(st.one_of(TEXT, TEXT.map(lambda t: t * 20)))
    cuts = sorted(draw(st.lists(st.integers(0, len(quote)), max_size=6)))
    return Message(
        kind=draw(st.sampled_from(["new", "update", "confirmed", "retracted", "notice", "test"])),
        id=draw(st.one_of(st.just("k7m2"), TEXT)),
        headline=draw(TEXT),
        lines=tuple(draw(st.lists(TEXT, max_size=5))),
        quote=quote,
        quote_spans=tuple(zip(cuts[::2], cuts[1::2], strict=False)),
        quote_note=draw(TEXT),
        source=draw(TEXT),
        link=draw(LINK),
        review_link=draw(LINK),
        urgent=draw(st.booleans()),
    )


CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
"""What no shown text holds: controls but the newline, bidirectional controls, zero-width characters, lone surrogates."""
LINKS = (
    re.compile(r"(?i)\b[a-z][a-z0-9+.-]*:(?=[/\\])"),  # scheme:/
    re.compile(r"\w\.\w"),  # host.tld, 1.1.1.1
    re.compile(r"(?<![\w@])@(?=\w)|(?<=\w)@(?=\w)"),  # @name, a@b
    re.compile(r"(?<![\w&])#(?=\w)"),  # #tag
)
"""What platforms turn into links, mentions or tags by themselves."""
COMMAND = re.compile(r"(?<![\w/:])/(?=\w)")
"""What Telegram alone turns into a command to tap."""


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string below a value, with the name of the key that holds it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, key)
    elif (
        isinstance(value, list)
        and value
        and all(isinstance(item, dict) and item.get("type") in ("TextRun", "text") for item in value)
    ):
        yield "text", "".join(item["text"] for item in value)  # runs of one line, shown as one text
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, path)
    elif isinstance(value, str):
        yield path, value


def found_in(text: str, ours: list[str]) -> list[str]:
    """What a platform would link or ping in a shown text that is not one of our own links (with the host that labels it)."""
    for link in ours:
        host = link.split("/")[2]
        text = text.replace(f"({host})", "").replace(link, "").replace(link.replace("&", "&amp;"), "")
    return [pattern.pattern for pattern in LINKS if pattern.search(text)] + (["control"] if CONTROL.search(text) else [])


class Page(HTMLParser):
    """The tags, addresses and text of a piece of HTML."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.depth: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in ("br", "p", "li", "blockquote", "h2", "ul"):
            self.text += "\n"
        if tag not in ("br", "meta"):
            self.depth.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.depth.pop() == tag, f"<{tag}> closes what it did not open"

    def handle_data(self, data: str) -> None:
        self.text += data
