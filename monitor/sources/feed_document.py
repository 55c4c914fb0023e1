"""A feed as a document: RSS, Atom and RDF by `feedparser`, JSON Feed and JSON lists of articles by hand. Pure.

Everything that could differ between two fetches of the same thing (order, white space, tracking) is left to
`feed_entries`; here the document is only read, leniently, and what it is if it is no feed is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from monitor.sources.html_text import read_html, text_in
from monitor.sources.shaping import OddError, clean, mapping, sequence, text_of

MOST = 500
"""Entries read of one document; feeds of offices have 10 to 50."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, its texts already plain. Dates are as the feed wrote them, with feedparser's reading as a last resort."""

    guid: str
    link: str
    title: str
    text: str
    alt: str = ""
    dates: tuple[str, ...] = ()
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    entries: tuple[Entry, ...]
    odd: tuple[str, ...] = ()


def read_document(body: bytes, content_type: str) -> Document:
    """The feed in `body`. OddError says what it is instead."""
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return _read_json(body)
    if _is_page(start) and not re.search(rb"<(rss|feed|rdf:rdf)[\s>]", body[:20_000], re.IGNORECASE):
        raise OddError(_page(body))
    document = _read_xml(body, content_type)
    if document is None:
        kind = content_type.partition(";")[0].strip() or "no type"
        raise OddError(f"neither a feed nor JSON, but {kind[:60]} of {len(body):,} bytes")
    return document


def _read_xml(body: bytes, content_type: str) -> Document | None:
    import feedparser

    if b"<!ENTITY" in body:  # nothing a feed needs, and a kilobyte of them can keep a parser busy for seconds
        body = body.replace(b"<!ENTITY", b"<!ELEMENT")
    # Told the content type, feedparser finds the encoding; it repairs what it can, so `bozo` alone is no failure. Given
    # text that looks like a path or an address it would open that: hence the stream.
    headers = {"content-type": content_type}
    found = feedparser.parse(BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    feed, entries = mapping(found.get("feed")), sequence(found.get("entries"))
    if not found.get("version") and not entries:
        return None
    lang = text_of(feed.get("language"))
    read: list[Entry] = []
    odd: list[str] = []
    for place, entry in enumerate(entries[:MOST], 1):
        try:
            read.append(_entry(entry, lang))
        except OddError as reason:
            odd.append(f"entry {place}: {reason}")
    return Document(text_in(text_of(feed.get("title"))), tuple(read), tuple(odd))


def _entry(entry: Mapping[str, Any], lang: str) -> Entry:
    contents = [mapping(content) for content in sequence(entry.get("content"))]
    bodies = [text_of(content.get("value")) for content in contents] + [text_of(entry.get("summary"))]
    body = read_html(max(bodies, key=len, default=""))
    lang = next((text_of(content.get("language")) for content in contents if text_of(content.get("language"))), lang)
    title = text_in(text_of(entry.get("title")))
    if not title and not body.text:
        raise OddError("neither title nor text")
    # `in` first: asked for a missing `updated`, feedparser's dict warns and gives `published`
    dates = tuple(filter(None, (text_of(entry[name]) for name in ("published", "updated", "created") if name in entry)))
    media = [text_of(mapping(item).get("content")) for item in sequence(entry.get("media_description"))]
    return Entry(
        guid=text_of(entry.get("id")).strip(),
        link=text_of(entry.get("link")).strip(),
        title=title,
        text=body.text if not title or body.text != title else "",
        alt="\n".join(filter(None, (*body.alts, *map(text_in, media)))),
        dates=dates,
        lang=lang,
    )


# JSON: JSON Feed 1.1 (jsonfeed.org), WordPress (`/wp/v2/posts`), gov.uk search, and lists in other envelopes. Fields are
# looked for under the names that these use; a new envelope needs a name here.
LISTS = ("items", "results", "posts", "articles", "data", "schedule", "events", "entries")
TITLES, TEXTS = ("title", "headline", "name", "summary_title"), ("content_html", "content_text", "content", "text", "body", "details", "description", "excerpt", "summary")  # fmt: skip
LINKS, IDS = ("url", "link", "permalink", "external_url", "original_url"), ("id", "_id", "guid", "uuid", "slug")
DATES = (
    "date_published",
    "date_gmt",
    "public_timestamp",
    "published_at",
    "created_at",
    "date",
    "timestamp",
    "published",
    "modified_gmt",
)


def _read_json(body: bytes) -> Document:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise OddError("it begins like JSON and is none") from None
    items, envelope = _list_in(found)
    read: list[Entry] = []
    odd: list[str] = []
    for place, item in enumerate(items[:MOST], 1):
        try:
            read.append(_json_entry(mapping(item), text_of(envelope.get("language"))))
        except OddError as reason:
            odd.append(f"item {place}: {reason}")
    return Document(text_of(envelope.get("title")), tuple(read), tuple(odd))


def _list_in(found: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
    if isinstance(found, list):
        return found, {}
    envelope = mapping(found)
    for outer in (envelope, mapping(envelope.get("data"))):
        for name in LISTS:
            if isinstance(outer.get(name), list):
                return outer[name], envelope
    message = text_of(envelope.get("message"))[:120]  # WordPress says in JSON what went wrong
    raise OddError(f"JSON without a list of items{': ' + message if message else ''}")


def _json_entry(item: Mapping[str, Any], lang: str) -> Entry:
    title = text_in(_words(item, TITLES))
    body = read_html(_words(item, TEXTS))
    if not title and not body.text:
        raise OddError("neither title nor text")
    native = next(
        (str(item[name]) for name in IDS if isinstance(item.get(name), str | int) and not isinstance(item[name], bool)), ""
    )
    dates = tuple(filter(None, (_date(item, name) for name in DATES)))
    link = next((text_of(item.get(name)).strip() for name in LINKS if text_of(item.get(name)).strip()), "")
    if link.startswith("/"):
        link = ""
    return Entry(
        guid=clean(native).strip(),
        link=link,
        title=title,
        text=body.text if body.text != title else "",
        alt="\n".join(body.alts),
        dates=dates,
        lang=text_of(item.get("language")) or lang,
    )


def _words(item: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, dict):  # WordPress: {"rendered": "…"}
            value = value.get("rendered")
        if isinstance(value, str) and value.strip():
            return text_of(value)
    return ""


def _date(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"@{value}"
    words = text_of(value).strip()
    if words and name.endswith("_gmt"):  # WordPress leaves out the zone there, and means UTC
        return words + "Z" if len(words) == 19 else words
    return words


def _is_page(start: bytes) -> bool:
    lower = start[:400].lower()
    return lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in lower


def _page(body: bytes) -> str:
    """What to say of a web page in the feed's place; it often names the feed itself."""
    head = body[:50_000].decode("utf-8", "replace")
    for tag in re.findall(r"<link\b[^>]{0,1000}>", head, re.IGNORECASE):
        if re.search(r"application/(rss|atom|feed)\+(xml|json)", tag) and (found := re.search(r"""href=["']?([^"'\s>]+)""", tag)):
            return f"a web page instead of a feed; it names {clean(found[1])[:200]} as its feed"
    return "a web page instead of a feed"
