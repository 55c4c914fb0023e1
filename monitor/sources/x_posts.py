"""What X's API answers, read into posts and users. Pure, and item by item.

Shapes: X API v2, in both generations of its names (`referenced_tweets` / `referenced_posts`, `note_tweet` / `note_post`,
`edit_history_tweet_ids` / `edit_history_post_ids`, `includes.tweets` / `includes.posts`), whichever was asked for.

The first id of a post's edit history is its key and each id in it a version. A repost is not the account's own word: it
has no `text`, what it passes on is its `quote`. Long posts are read from their note, with its own links.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.model import Account, Identity, Post
from monitor.sources.shaping import OddError, mapping, parts_of, sequence, text_of, time_of

_ID = re.compile(r"[0-9]{1,19}")
_SHORT = re.compile(r"https?://t\.co/\w{1,40}")
_OURS = re.compile(r"https?://(?:mobile\.)?(?:x|twitter)\.com/\w{1,20}/status/(\d{1,19})(/(?:photo|video)/\d{1,2})?")
_REPOST = re.compile(r"RT @\w{1,20}: ")


@dataclass(frozen=True, slots=True)
class Member:
    """An account that is asked for, and who X says it is."""

    account: Account
    identity: Identity


@dataclass(frozen=True, slots=True)
class Read:
    """A page of posts as read."""

    posts: tuple[Post, ...]
    newest: int  # the highest id on the page; 0: there is none
    token: str | None  # of the next page
    odd: tuple[str, ...]
    nameless: frozenset[str]  # ids of posts whose author the answer does not name
    billed: frozenset[str]  # ids of every post in the answer, those included besides too
    gone: frozenset[str]  # ids that do not exist any more
    problem: str  # the kind of the first error in the answer
    latest: Mapping[str, str]  # id to the newest id of its edit history, where that is another


@dataclass(frozen=True, slots=True)
class User:
    """A user as looked up."""

    identity: Identity
    protected: bool


def number(value: Any) -> int:
    """An id as a number; 0 for what is none. Ids are compared as numbers: they differ in length."""
    return int(value) if isinstance(value, str) and _ID.fullmatch(value) else 0


def read_page(
    body: Any, members: Mapping[str, Member], now: datetime, only: Member | None = None, *, others: bool = False
) -> Read:
    """An answer with posts. `members` by user id; `only`: whose posts these are, where they name no author; `others`: posts by
    anybody else are no surprise. OddError if the answer is no JSON object.
    """
    if not isinstance(body, dict):
        raise OddError("the answer is no JSON object")
    included = {text_of(mapping(post).get("id")): mapping(post) for post in _included(body, "tweets", "posts")}
    media = {text_of(mapping(item).get("media_key")): text_of(mapping(item).get("alt_text")) for item in _included(body, "media")}
    posts: list[Post] = []
    odd: list[str] = []
    latest: dict[str, str] = {}
    ids, nameless = set[str](), set[str]()
    data = body.get("data")
    for place, item in enumerate(sequence(data) or ([data] if isinstance(data, dict) else ()), 1):
        post = mapping(item)
        native = text_of(post.get("id"))
        if not number(native):
            odd.append(f"item {place}: no id")
            continue
        ids.add(native)
        history = _history(post)
        if max(map(number, history), default=0) > number(native):
            latest[native] = max(history, key=number)
        author = text_of(post.get("author_id"))
        member = members.get(author) if author else only
        if member is None:
            if not author:
                nameless.add(native)
            elif not others:
                odd.append(f"{native}: by {author[:20]}, not by an account asked for")
            continue
        try:
            posts.append(_post(post, native, history, member, included, media, now))
        except OddError as reason:
            odd.append(f"{native}: {reason}")
    meta = mapping(body.get("meta"))
    newest = max([number(meta.get("newest_id")), *map(number, ids)])
    billed = frozenset(ids | {native for native in included if number(native)})
    token = text_of(meta.get("next_token"))[:500] or None
    problem = kind_of(mapping(next(iter(sequence(body.get("errors"))), None)))
    return Read(tuple(posts), newest, token, tuple(odd), frozenset(nameless), billed, _gone(body), problem, latest)


def read_users(body: Any) -> tuple[list[User], dict[str, str]]:
    """An answer with users, and why others are not in it: the name or id asked for, in lower case, to the kind of problem."""
    answer = mapping(body)
    found: list[User] = []
    for item in sequence(answer.get("data")):
        user = mapping(item)
        native, handle = text_of(user.get("id")), text_of(user.get("username"))
        if not number(native) or not handle:
            continue
        shown = user.get("verified")
        verified = shown if isinstance(shown, bool) else None
        identity = Identity(native, handle, text_of(user.get("name")), verified)
        found.append(User(identity, user.get("protected") is True))
    problems = {}
    for item in sequence(answer.get("errors")):
        error = mapping(item)
        asked = text_of(error.get("value")) or text_of(error.get("resource_id"))
        if asked:
            problems[asked.lower()] = "suspended" if "suspended" in text_of(error.get("detail")).lower() else kind_of(error)
    return found, problems


def kind_of(problem: Mapping[str, Any]) -> str:
    """The last part of a problem's type: the host before it varies."""
    return text_of(problem.get("type")).rstrip("/").rpartition("/")[2].lower()[:60]


def _post(
    item: Mapping[str, Any],
    native: str,
    history: Sequence[str],
    member: Member,
    included: Mapping[str, Mapping[str, Any]],
    media: Mapping[str, str],
    now: datetime,
) -> Post:
    account, identity = member.account, member.identity
    kinds = {text_of(mapping(one).get("type")): text_of(mapping(one).get("id")) for one in _named(item, "referenced", sequence)}
    keys = sequence(mapping(item.get("attachments")).get("media_keys"))
    article = mapping(item.get("article"))
    quoted = included.get(kinds.get("quoted", ""), {})
    answered = included.get(kinds.get("replied_to", ""), {})
    told = {
        "title": text_of(article.get("title")),
        "text": _words(item, hidden=kinds.get("quoted", "")),
        "quote": _words(quoted),
        "card": "\n".join(
            filter(None, (text_of(article.get("plain_text")) or text_of(article.get("preview_text")), _card(item)))
        ),
        "alt": "\n".join(filter(None, (media.get(key, "") for key in keys if isinstance(key, str)))),
        "parent": _words(answered) if text_of(answered.get("author_id")) == identity.id else "",
    }
    if "retweeted" in kinds:
        original = included.get(kinds["retweeted"], {})
        told = {"quote": _words(original) or _REPOST.sub("", _words(item), count=1), "card": _card(original)}
    parts = parts_of(**told)
    if not parts.keys() - {"parent"}:
        raise OddError("no words")
    return Post(
        key=f"x:{history[0] if history else native}",
        version=native,
        account=account.key,
        parts=parts,
        seen_at=now,
        created_at=time_of(item.get("created_at")),
        url=f"https://x.com/{identity.handle or 'i'}/status/{native}",
        lang=_lang(item.get("lang")),
        author=identity,
    )


def _words(item: Mapping[str, Any], hidden: str = "") -> str:
    """A post's text in full: links as they lead, without those that X appends for its own media and the quoted post."""
    note = _named(item, "note", mapping)
    text = text_of(note.get("text")) or text_of(item.get("text"))
    links: dict[str, str] = {}
    for entities in (item.get("entities"), note.get("entities")):
        for entry in sequence(mapping(entities).get("urls")):
            url = mapping(entry)
            short, led = text_of(url.get("url")), text_of(url.get("unwound_url")) or text_of(url.get("expanded_url"))
            ours = _OURS.fullmatch(led)
            if url.get("media_key") or (ours and (ours[2] or ours[1] == hidden)):
                led = ""
            elif not led:
                continue
            links[short] = led[:2000]
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")  # the only three that X writes
    return _SHORT.sub(lambda found: links.get(found[0], found[0]), plain).strip()


def _card(item: Mapping[str, Any]) -> str:
    told: dict[str, None] = {}
    for entry in sequence(mapping(item.get("entities")).get("urls")):
        url = mapping(entry)
        told |= dict.fromkeys(filter(None, (text_of(url.get("title")).strip(), text_of(url.get("description")).strip())))
    return "\n".join(told)


def _named(item: Mapping[str, Any], stem: str, shape: Any) -> Any:
    """A field in the name of either generation: `note_tweet` or `note_post`, `referenced_tweets` or `referenced_posts`."""
    plural = "s" if stem == "referenced" else ""
    return shape(item.get(f"{stem}_tweet{plural}")) or shape(item.get(f"{stem}_post{plural}"))


def _history(item: Mapping[str, Any]) -> list[str]:
    named = sequence(item.get("edit_history_tweet_ids")) or sequence(item.get("edit_history_post_ids"))
    return [native for native in named if number(native)]


def _included(body: Mapping[str, Any], *names: str) -> Sequence[Any]:
    includes = mapping(body.get("includes"))
    return [item for name in names for item in sequence(includes.get(name))]


def _gone(body: Mapping[str, Any]) -> frozenset[str]:
    problems = [mapping(error) for error in sequence(body.get("errors"))]
    found = (
        text_of(error.get("resource_id")) or text_of(error.get("value"))
        for error in problems
        if kind_of(error) == "resource-not-found"
    )
    return frozenset(native for native in found if number(native))


def _lang(value: Any) -> str | None:
    lang = text_of(value)[:35]
    return None if lang in ("", "und", "zxx") or lang.startswith("q") else lang
