"""Posts looked at again by their address: edited, gone, or as they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.http import Unfetched
from monitor.model import Account, Post
from monitor.sources.bluesky_api import Api
from monitor.sources.bluesky_posts import read_posts

PACK = 25
"""The most that app.bsky.feed.getPosts takes."""


async def reread(api: Api, uris: Sequence[str], account: Account, did: str, now: datetime) -> list[Post]:
    """The posts as they are now, tombstones for those deleted. Unfetched if a pack cannot be read at all.

    getPosts leaves out what is deleted, and also what the AppView hides or has not yet indexed: so a missing post
    counts as deleted only when its record is gone as well.
    """
    found: list[Post] = []
    for start in range(0, len(uris), PACK):
        pack = list(uris[start : start + PACK])
        answer = await api.ask("app.bsky.feed.getPosts", [("uris", uri) for uri in pack], now)
        posts, odd = read_posts(answer.json(), account.key, did, now)
        found += posts.values()
        if odd:
            continue  # an unreadable view may be one of those missing
        for uri in pack:
            if uri not in posts and await _deleted(api, uri, now):
                found.append(Post(uri, "deleted", account.key, {}, now, deleted=True))
    return found


async def _deleted(api: Api, uri: str, now: datetime) -> bool:
    """Whether the record itself is gone."""
    parts = uri.removeprefix("at://").split("/")
    if len(parts) != 3:
        return False
    question = {"repo": parts[0], "collection": parts[1], "rkey": parts[2]}
    try:
        await api.ask("com.atproto.repo.getRecord", question, now)
    except Unfetched as failure:
        return failure.code == "RecordNotFound"
    return False
