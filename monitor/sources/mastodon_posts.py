"""What a Mastodon-compatible server answers, read into posts. Pure, and item by item.

Shapes: docs.joinmastodon.org/entities/Status and /Account; quotes as of 4.5. Ids are opaque strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from monitor.model import Account, Identity, Post
from monitor.sources.html_text import read_html
from monitor.sources.shaping import OddError, clean, mapping, parts_of, sequence, text_of, time_of, version_of

HIDDEN = frozenset({"invisible"})
"""Class of the parts of long links that Mastodon hides; what a reader sees is what counts."""


@dataclass(frozen=True, slots=True)
class Status:
    """One status: its mark (id and revision) and, unless it is a boost or for followers only, its post."""

    id: str
    mark: str
    post: Post | None
    answers: str = ""  # id of the account's own status that this one continues, where that is not on the page


def read_statuses(body: Any, account: Account, server: str, native: str, now: datetime) -> tuple[list[Status], list[str]]:
    """A list of statuses by the account whose id on this server is `native`, and what could not be read.

    OddError if the answer is no list.
    """
    if not isinstance(body, list):
        raise OddError("the answer is no list of statuses")
    words = {text_of(mapping(item).get("id")): text_of(mapping(item).get("content")) for item in body}
    found: list[Status] = []
    odd: list[str] = []
    for place, item in enumerate(body, 1):
        try:
            found.append(read_status(mapping(item), account, server, native, now, words))
        except OddError as reason:
            odd.append(f"{text_of(mapping(item).get('id'))[:40] or f'item {place}'}: {reason}")
    return found, odd


def read_status(
    item: Mapping[str, Any], account: Account, server: str, native: str, now: datetime, words: Mapping[str, str] | None = None
) -> Status:
    """One status. `words` are contents by id, for the parent."""
    key = text_of(item.get("id"))
    if not key:
        raise OddError("no id")
    edited = text_of(item.get("edited_at"))
    if mapping(item.get("reblog")):
        return Status(key, f"b{key}", None)
    author = read_account(item.get("account"), server)
    if author is None or author.id != native:
        raise OddError(f"by {author.handle if author else 'nobody'}, not by the account")
    if not isinstance(item.get("content"), str):
        raise OddError("no content")
    if item.get("visibility", "public") not in ("public", "unlisted"):
        return Status(key, f"p{key}", None)
    parent_id = text_of(item.get("in_reply_to_id")) if text_of(item.get("in_reply_to_account_id")) == native else ""
    parent = (words or {}).get(parent_id, "")
    parts = _parts(item, read_html(parent, HIDDEN).text if parent else "")
    if not parts.keys() - {"parent"}:
        return Status(key, f"e{key}", None)
    version = version_of({name: text for name, text in parts.items() if name != "parent"}, edited)
    post = Post(
        key=f"mastodon:{server}/{key}",
        version=version,
        account=account.key,
        parts=parts,
        seen_at=now,
        created_at=time_of(item.get("created_at")),
        url=_url(item.get("url")) or _url(item.get("uri")),
        lang=text_of(item.get("language"))[:35] or None,
        author=author,
        raw=clean(json.dumps(item, ensure_ascii=False, separators=(",", ":"))),
    )
    return Status(key, f"{key}.{version[:6]}", post, parent_id if parent_id and not parent else "")


def _parts(item: Mapping[str, Any], parent: str) -> Any:
    body = read_html(text_of(item.get("content")), HIDDEN)
    quoted = mapping(mapping(item.get("quote")).get("quoted_status")) or mapping(item.get("quote"))
    card = mapping(item.get("card"))
    return parts_of(
        title=text_of(item.get("spoiler_text")).strip(),
        text=body.text,
        quote=read_html(text_of(quoted.get("content")), HIDDEN).text,
        card="\n".join(filter(None, (text_of(card.get("title")).strip(), text_of(card.get("description")).strip()))),
        alt="\n".join(
            filter(
                None, (text_of(mapping(media).get("description")).strip() for media in sequence(item.get("media_attachments")))
            )
        ),
        parent=parent,
    )


def read_account(value: Any, server: str) -> Identity | None:
    """An account as an identity; its handle in full, `name@server`. None without an id."""
    account = mapping(value)
    native, acct = text_of(account.get("id")), text_of(account.get("acct"))
    if not native:
        return None
    return Identity(native, acct if "@" in acct else f"{acct}@{server}", text_of(account.get("display_name")))


_ITEM = re.compile(r"<item[\s>]")


def read_rss(body: bytes, account: Account, server: str, now: datetime) -> list[Status]:
    """The public feed that stock Mastodon keeps at `/@name.rss`: the newest 20 or so, text only."""
    chunks = _ITEM.split(body.decode("utf-8", "replace"))[1:201]
    if not chunks and b"<rss" not in body[:2000]:
        raise OddError("the server answers only to members, and has no public feed: configure a token for it")
    found: list[Status] = []
    for chunk in chunks:
        link, text = (
            _element(chunk, "guid") or _element(chunk, "link"),
            read_html(unescape(_element(chunk, "description")), HIDDEN).text,
        )
        key = link.rstrip("/").rpartition("/")[2]
        parts = parts_of(text=text)
        if not key or not parts:
            continue
        version = version_of(parts, "")
        post = Post(
            f"mastodon:{server}/{key}", version, account.key, parts, now, _mail_date(_element(chunk, "pubDate")), _url(link)
        )
        found.append(Status(key, f"{key}.{version[:6]}", post))
    return found


def _element(chunk: str, name: str) -> str:
    start = chunk.find(f"<{name}")
    start = chunk.find(">", start) + 1 if start >= 0 else 0
    end = chunk.find(f"</{name}>", start) if start > 0 else -1
    return clean(unescape(chunk[start:end]).strip().removeprefix("<![CDATA[").removesuffix("]]>")) if end >= 0 else ""


def _mail_date(text: str) -> datetime | None:
    try:
        return time_of(parsedate_to_datetime(text).isoformat())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _url(value: Any) -> str | None:
    url = text_of(value)
    return url if url.startswith(("https://", "http://")) and len(url) <= 2000 else None
