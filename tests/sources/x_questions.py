"""Every question that the X client can build, and the names of parameters that X documents for each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from monitor.sources.x_asking import (
    POSTS,
    USERS,
    Generation,
    Question,
    list_members,
    list_query,
    packed,
    posts,
    query,
    search,
    timeline,
    users,
    users_by,
)

ID = "1992123456789012345"
TOKEN = "b26v89c19zqg8o3fpdm7uxyzabcdefghijkl"
IDS = [str(10**18 + n) for n in range(POSTS)]

_READ = {"expansions", "media.fields"}
_USERS = {"user.fields"}
NAMES: Mapping[str, frozenset[str]] = {
    "search": frozenset({"query", "max_results", "sort_order", "since_id", "next_token", *_READ}),
    "timeline": frozenset({"max_results", "exclude", "start_time", "since_id", "pagination_token", *_READ}),
    "posts": frozenset({"ids", *_READ}),
    "users": frozenset({"ids", *_USERS}),
    "users by": frozenset({"usernames", *_USERS}),
    "members": frozenset({"max_results", "pagination_token", *_USERS}),
}
"""By bucket; the field parameter of each generation comes besides."""
FIELD_NAME: Mapping[Generation, str] = {"old": "tweet.fields", "new": "post.fields"}


def every(names: Generation) -> list[Question]:
    """Every shape of question: each optional part with and without, at its smallest and largest."""
    found = [
        users_by(["a"]),
        users_by(["A_very_long_15c"] * USERS),
        users([ID]),
        users(IDS),
        posts([ID], names),
        posts(IDS, names),
        list_members(ID),
        list_members(ID, "1992123456789012345"),
    ]
    places = list(itertools.product((None, int(ID)), (None, TOKEN), (10, 37, 100)))
    for replies in (True, False):
        words = [query([ID], replies=replies), list_query(ID, replies=replies)]
        words += [query(pack, replies=replies) for length in (512, 4096) for pack in packed(IDS, length, replies=replies)[:1]]
        found += [search(text, names, *place) for text in words for place in places]
        for reposts, start in itertools.product((True, False), (None, "2026-11-01T00:00:00Z")):
            found += [timeline(ID, names, *place, replies=replies, reposts=reposts, start=start) for place in places]
    return found
