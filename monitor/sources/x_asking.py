"""Every question that Hotline can put to X: path, parameters, and what X counts its limit by. Pure.

X renamed its fields in 2026 and gives no date for the end of the old names, so one generation of them is sent by
setting. Users are never expanded: each would be billed. Nothing here is sent that X's own description lacks; a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

Generation = Literal["old", "new"]

FIELDS: Mapping[Generation, Mapping[str, str]] = {
    "old": {
        "tweet.fields": "article,attachments,author_id,conversation_id,created_at,edit_controls,edit_history_tweet_ids,entities,"
        "in_reply_to_user_id,lang,note_tweet,referenced_tweets,withheld",
        "expansions": "attachments.media_keys,referenced_tweets.id",
        "media.fields": "alt_text,media_key",
    },
    "new": {  # author, references and edit history are no longer fields to choose: they come by themselves or not at all
        "post.fields": "article,attachments,conversation_id,created_at,edit_controls,entities,lang,note_post,withheld",
        "expansions": "attachments.media_keys,referenced_posts",
        "media.fields": "alt_text,media_key",
    },
}
USER_FIELDS = {"user.fields": "id,name,protected,username,verified"}
USERS = POSTS = 100
"""The most users, and posts, that a question may name."""
LARGEST, SMALLEST = 100, 10
"""Posts asked for at a time."""


@dataclass(frozen=True, slots=True)
class Question:
    """A GET request. `bucket` names what X limits it by: each endpoint has a limit of its own."""

    bucket: str
    path: str
    params: Mapping[str, str]

    def url(self, base: str) -> str:
        return f"{base}{self.path}?{urlencode(self.params)}"


def query(ids: Sequence[str], *, replies: bool) -> str:
    """A search for posts by any of these users. By id: a name may change hands."""
    named = " OR ".join(f"from:{native}" for native in ids)
    return (f"({named})" if len(ids) > 1 else named) + ("" if replies else " -is:reply")


def list_query(native: str, *, replies: bool) -> str:
    """A search for posts by the members of a public list."""
    return f"list:{native}" + ("" if replies else " -is:reply")


def packed(ids: Sequence[str], length: int, *, replies: bool) -> list[list[str]]:
    """The ids in groups whose query is within `length` characters."""
    packs: list[list[str]] = []
    for native in ids:
        if packs and len(query([*packs[-1], native], replies=replies)) <= length:
            packs[-1].append(native)
        else:
            packs.append([native])
    return packs


def search(words: str, names: Generation, since: int | None, token: str | None = None, most: int = LARGEST) -> Question:
    """Posts of the last seven days, newest first."""
    more = _place(since, "next_token", token)
    return Question("search", "/2/tweets/search/recent", {"query": words, "max_results": str(most), "sort_order": "recency", **more, **FIELDS[names]})  # fmt: skip


def timeline(
    native: str,
    names: Generation,
    since: int | None,
    token: str | None = None,
    most: int = LARGEST,
    *,
    replies: bool,
    reposts: bool,
    start: str | None = None,
) -> Question:
    """Posts by one user, newest first, 3,200 at most. `start`: none before this time (ISO 8601)."""
    without = [name for name, wanted in (("replies", replies), ("retweets", reposts)) if not wanted]
    more = {"exclude": ",".join(without)} if without else {}
    more |= {"start_time": start} if start else {}
    more |= _place(since, "pagination_token", token)
    return Question("timeline", f"/2/users/{native}/tweets", {"max_results": str(most), **more, **FIELDS[names]})


def posts(ids: Sequence[str], names: Generation) -> Question:
    """These posts as they are now."""
    return Question("posts", "/2/tweets", {"ids": ",".join(ids), **FIELDS[names]})


def users_by(handles: Sequence[str]) -> Question:
    """Who has these names."""
    return Question("users by", "/2/users/by", {"usernames": ",".join(handles), **USER_FIELDS})


def users(ids: Sequence[str]) -> Question:
    """What these users are called."""
    return Question("users", "/2/users", {"ids": ",".join(ids), **USER_FIELDS})


def list_members(native: str, token: str | None = None) -> Question:
    """Who is in a list."""
    more = {"pagination_token": token} if token else {}
    return Question("members", f"/2/lists/{native}/members", {"max_results": "100", **more, **USER_FIELDS})


def _place(since: int | None, name: str, token: str | None) -> dict[str, str]:
    return ({"since_id": str(since)} if since else {}) | ({name: token} if token else {})
