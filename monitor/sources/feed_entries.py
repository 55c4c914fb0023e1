"""Which entry is which, fetch after fetch: keys that outlive rewritten and repeated guids, and a memory of what was seen. Pure.

An entry is known by its guid, where the document has it once; else by its link, likewise; else by title and date. Sites
that move rewrite all guids at once: an entry whose link, title and date were seen under another name keeps that name.
The memory holds for each entry three short hashes (name; link, title and date; words) and how often the words changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from monitor.model import Account, Post
from monitor.sources.feed_dates import read_date
from monitor.sources.feed_document import Document, Entry
from monitor.sources.shaping import parts_of, version_of

CHANGES = 24
"""Revisions of one entry before further ones are ignored: some sites put a counter into their texts."""
KEPT = 60
"""Entries remembered at least; twice the document if that is more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One remembered entry."""

    name: str  # 16 hex: the post's native id
    place: str  # 8 hex of link, title and date; empty without a link
    words: str  # 8 hex of the parts
    changes: int = 0

    def __str__(self) -> str:
        return f"{self.name}.{self.place}.{self.words}.{self.changes}"

    @classmethod
    def read(cls, text: str) -> Seen | None:
        name, _, rest = text.partition(".")
        place, _, rest = rest.partition(".")
        words, _, changes = rest.partition(".")
        return cls(name, place, words, int(changes)) if name and changes.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Reading:
    posts: tuple[Post, ...]
    memory: tuple[str, ...]
    names: Mapping[str, str]  # of the document's entries: name to link


def read_entries(
    document: Document,
    base: str,
    account: Account,
    memory: Sequence[str],
    now: datetime,
    zone: str | None,
    *,
    day_first: bool = True,
) -> Reading:
    """The posts of the document that are new or changed against `memory`, oldest first, and the memory afterwards."""
    guids = Counter(_guid(entry) for entry in document.entries)
    links = Counter(entry.link for entry in document.entries)
    present = {_name(entry, guids, links) for entry in document.entries}
    known_before = [seen for text in memory if (seen := Seen.read(text)) is not None]
    by_name = {seen.name: seen for seen in known_before}
    by_place = {seen.place: seen for seen in known_before if seen.place}
    posts: list[Post] = []
    now_seen: dict[str, Seen] = {}
    names: dict[str, str] = {}
    for entry in document.entries:
        link = _link(base, entry.link)
        place = _hash(f"{_normal(link)}\n{entry.title}\n{entry.dates[:1]}", 8) if link else ""
        name = _name(entry, guids, links)
        known = by_name.get(name) or by_place.get(place)
        if known is not None and known.name != name and known.name in present:
            known = None  # the other one is still there under its own name
        if known is not None:
            name = known.name
        names[name] = link
        parts = parts_of(title=entry.title, text=entry.text, alt=entry.alt)
        version = version_of(parts)
        if name in now_seen:
            continue  # the same entry twice in one document
        seen = Seen(name, place, version[:8], known.changes if known else 0)
        if known is not None and known.words == seen.words:
            now_seen[name] = seen
            continue
        if known is not None:
            if known.changes >= CHANGES:
                now_seen[name] = known
                continue
            seen = Seen(name, place, version[:8], known.changes + 1)
        now_seen[name] = seen
        posts.append(_post(entry, name, version, link, account, now, zone, day_first=day_first))
    kept = [seen for seen in known_before if seen.name not in now_seen]
    most = max(KEPT, 2 * len(now_seen))
    return Reading(tuple(reversed(posts)), tuple(str(seen) for seen in [*now_seen.values(), *kept][:most]), names)


def _post(
    entry: Entry, name: str, version: str, link: str, account: Account, now: datetime, zone: str | None, *, day_first: bool
) -> Post:
    created = next((found for text in entry.dates if (found := read_date(text, zone, day_first=day_first)) is not None), None)
    return Post(
        key=f"feed:{account.handle}/{name}",
        version=version,
        account=account.key,
        parts=parts_of(title=entry.title, text=entry.text, alt=entry.alt),
        seen_at=now,
        created_at=created,
        url=link or None,
        lang=entry.lang[:35] or None,
        raw="\n".join(
            filter(None, (f"guid: {entry.guid[:500]}" if entry.guid else "", *(f"date: {text[:100]}" for text in entry.dates)))
        )
        or None,
    )


def _guid(entry: Entry) -> str:
    """The guid, without the time of the last change that gov.uk appends to the entry's own address."""
    address, mark, _ = entry.guid.partition("#")
    return address if mark and address == entry.link else entry.guid


def _name(entry: Entry, guids: Counter[str], links: Counter[str]) -> str:
    guid = _guid(entry)
    if guid and guids[guid] == 1:
        return _hash(f"guid\n{guid}", 16)
    if entry.link and links[entry.link] == 1:
        return _hash(f"link\n{_normal(entry.link)}", 16)
    return _hash(f"words\n{guid}\n{entry.title}\n{entry.dates[:1]}\n{entry.text[:200] if not entry.title else ''}", 16)


def _link(base: str, link: str) -> str:
    """The entry's address, absolute; empty if it is no web address."""
    try:
        whole = urljoin(base, link) if link else ""
    except ValueError:
        return ""
    return whole[:2000] if whole.startswith(("https://", "http://")) else ""


def _normal(link: str) -> str:
    """A link without what differs between copies of it: scheme, `www.`, a last slash, tracking and fragment."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    query = "&".join(
        sorted(pair for pair in parts.query.split("&") if pair and not pair.lower().startswith(("utm_", "fbclid", "gclid")))
    )
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}?{query}"


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]
