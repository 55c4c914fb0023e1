"""What a Bluesky AppView answers, read into posts. Pure, and item by item: an odd item is named and costs no other.

Shapes: lexicons app.bsky.feed.defs (feedViewPost, postView), app.bsky.embed.*, app.bsky.actor.defs. Only fields that
are needed are looked at, each with its type checked, so that a new or malformed embed never costs a post its text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from monitor.model import Identity, Post
from monitor.sources.shaping import OddError, clean, mapping, parts_of, sequence, text_of, time_of

INVALID_HANDLE = "handle.invalid"
"""What the AppView shows when a handle no longer leads back to its account."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed. `mark` names entry and revision, for the memory of what was seen; `post` is None for what is dropped."""

    mark: str
    post: Post | None


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of an author's feed."""

    items: tuple[Item, ...]
    odd: tuple[str, ...]  # what could not be read, by name
    cursor: str | None
    author: Identity | None  # as the newest post of the account's own shows it


def read_feed(body: Any, account: str, did: str, now: datetime, known: Callable[[str], bool] = lambda _: False) -> Feed:
    """A getAuthorFeed answer. Reposts and the copy of a pinned post are dropped; what `known` says was seen is not built again.

    OddError if the answer is no feed at all.
    """
    feed = body.get("feed") if isinstance(body, dict) else None
    if not isinstance(feed, list):
        raise OddError("the answer is no feed")
    items: list[Item] = []
    odd: list[str] = []
    author: Identity | None = None
    for place, entry in enumerate(feed, 1):
        try:
            item, shown = _read_item(mapping(entry), account, did, now, known)
        except OddError as reason:
            odd.append(f"{_name(entry, place)}: {reason}")
            continue
        items.append(item)
        author = author or shown
    return Feed(tuple(items), tuple(odd), text_of(body.get("cursor")) or None, author)


def read_posts(body: Any, account: str, did: str, now: datetime) -> tuple[dict[str, Post], list[str]]:
    """A getPosts answer: the posts by URI, and what could not be read. A post that is gone is simply absent."""
    found: dict[str, Post] = {}
    odd: list[str] = []
    for place, view in enumerate(sequence(mapping(body).get("posts")), 1):
        try:
            post = read_view(mapping(view), account, did, now)
            found[post.key] = post
        except OddError as reason:
            odd.append(f"{_name({'post': view}, place)}: {reason}")
    return found, odd


def read_view(view: Mapping[str, Any], account: str, did: str, now: datetime, parent: str = "") -> Post:
    """One postView. OddError if it lacks what makes it a post of this account."""
    uri, cid = text_of(view.get("uri")), text_of(view.get("cid"))
    record, author = mapping(view.get("record")), read_author(view.get("author"))
    if not uri.startswith("at://") or not cid:
        raise OddError("no uri or cid")
    if author is None or author.id != did:
        raise OddError(f"by {author.id if author else 'nobody'}, not by the account")
    if not isinstance(record.get("text"), str):
        raise OddError("no text")
    told = _Told()
    _read_embed(view.get("embed") if isinstance(view.get("embed"), dict) else record.get("embed"), told)
    handle = author.handle if author.handle not in ("", INVALID_HANDLE) else did
    return Post(
        key=uri,
        version=cid,
        account=account,
        parts=parts_of(
            text=text_of(record["text"]),
            quote="\n".join(told.quote),
            card="\n".join(told.card),
            alt="\n".join(told.alt),
            parent=parent,
        ),
        seen_at=now,
        created_at=time_of(record.get("createdAt")),
        url=f"https://bsky.app/profile/{quote(handle, safe=':')}/post/{quote(uri.rpartition('/')[2], safe=':')}",
        lang=next((text_of(lang)[:35] for lang in sequence(record.get("langs")) if text_of(lang)), None),
        author=author,
        raw=clean(json.dumps(view, ensure_ascii=False, separators=(",", ":"))),
    )


def read_author(value: Any) -> Identity | None:
    """A profileView of any size as an identity; None without a DID."""
    author = mapping(value)
    did, handle = text_of(author.get("did")), text_of(author.get("handle"))
    if not did.startswith("did:"):
        return None
    shown = mapping(author.get("verification"))
    states = (shown.get("verifiedStatus"), shown.get("trustedVerifierStatus"))
    return Identity(
        id=did,
        handle=handle,
        display_name=text_of(author.get("displayName")),
        verified=True if "valid" in states else False if "invalid" in states else None,
        domain_handle=bool(handle) and handle != INVALID_HANDLE and not handle.endswith(".bsky.social"),
    )


def mark_of(uri: str, cid: str) -> str:
    """A short name of one revision: the record key and the end of the CID, which is a hash."""
    return f"{uri.rpartition('/')[2]}.{cid[-8:]}"


def _read_item(
    entry: Mapping[str, Any], account: str, did: str, now: datetime, known: Callable[[str], bool]
) -> tuple[Item, Identity | None]:
    view = mapping(entry.get("post"))
    mark = mark_of(text_of(view.get("uri")), text_of(view.get("cid")))
    reason = mapping(entry.get("reason"))
    kind = text_of(reason.get("$type"))
    if kind.endswith("#reasonRepost"):
        return Item("~r" + mark, None), None
    if kind.endswith("#reasonPin"):
        return Item("~p" + mark, None), None
    if known(mark):
        return Item(mark, None), read_author(view.get("author"))
    post = read_view(view, account, did, now, _own_parent(mapping(entry.get("reply")), did))
    return Item(mark, post), post.author


def _own_parent(reply: Mapping[str, Any], did: str) -> str:
    """The words that this post continues, if they are the account's own."""
    parent = mapping(reply.get("parent"))
    if mapping(parent.get("author")).get("did") != did:
        return ""
    return text_of(mapping(parent.get("record")).get("text"))


class _Told:
    """What an embed says, gathered."""

    def __init__(self) -> None:
        self.quote: list[str] = []
        self.card: list[str] = []
        self.alt: list[str] = []


def _read_embed(value: Any, told: _Told, depth: int = 0) -> None:
    """Collect the words of an embed: a view of the AppView, or the record's own where there is no view.

    Read by its fields and not by its `$type`: views and records share them, and new kinds keep them.
    """
    embed = mapping(value)
    if not embed or depth > 3:
        return
    card = mapping(embed.get("external"))
    told.card += filter(None, (text_of(card.get("title")), text_of(card.get("description"))))
    for picture in (*sequence(embed.get("images")), *sequence(embed.get("items"))):
        told.alt += filter(None, (text_of(mapping(picture).get("alt")),))
    told.alt += filter(None, (text_of(embed.get("alt")),))  # a video's
    _read_embed(embed.get("media"), told, depth + 1)
    quoted = mapping(embed.get("record"))
    if "record" in quoted and "value" not in quoted:  # recordWithMedia wraps once more
        quoted = mapping(quoted.get("record"))
    words = mapping(quoted.get("value"))
    told.quote += filter(None, (text_of(words.get("text")),))
    if not words and isinstance(quoted.get("name"), str):  # a list, a feed, a starter pack
        told.card.append(text_of(quoted["name"]))


def _name(entry: Any, place: int) -> str:
    uri = text_of(mapping(mapping(entry).get("post")).get("uri"))
    return uri.rpartition("/")[2][:40] or f"item {place}"
