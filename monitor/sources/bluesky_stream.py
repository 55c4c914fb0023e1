"""Bluesky pushed: Jetstream tells that an account posted, edited, deleted or changed its name; the AppView tells what.

An event is only a hint: its post is read from the AppView by the same parser as polling, under the same key and version,
so nothing appears twice. What the AppView does not show within seconds is left to the sweep by polling, and so are
accounts that were never polled: their first sight is a baseline, not news.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.http import Unfetched
from monitor.model import Account, Page, Post
from monitor.sources.bluesky_api import Api
from monitor.sources.bluesky_posts import read_author, read_posts
from monitor.sources.shaping import text_of

POSTS = "app.bsky.feed.post"
LOOKS = (0.0, 0.15, 0.3, 0.6, 1.5, 3.0, 6.0)
"""Seconds to wait before each look for a post that was announced: an AppView needs a moment to index it."""
PACK = 12
"""Events hydrated together: with a parent each they are still within the 25 that getPosts takes."""
DIDS = 100
"""Accounts a connection: they all stand in its address, which servers cut at about 8,000 characters."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one record, or (`uri` empty) to an account."""

    seq: int
    did: str
    uri: str = ""
    cid: str = ""
    deleted: bool = False
    parent: str = ""  # the account's own post that this one answers


def read_event(message: Any) -> Event | None:
    """A message of the SDK as an event; None for what is none of ours."""
    seq, did = getattr(message, "seq", None), text_of(getattr(message, "did", None))
    if not isinstance(seq, int) or not did:
        return None
    if getattr(message, "identity", None) is not None:
        return Event(seq, did)
    if getattr(message, "collection", None) != POSTS:
        return None
    uri = f"at://{did}/{POSTS}/{text_of(getattr(message, 'rkey', None))}"
    record = getattr(message, "record", None)
    return Event(
        seq,
        did,
        uri,
        text_of(getattr(message, "cid", None)),
        deleted=getattr(message, "operation", None) == "delete",
        parent=_own_parent(record, did),
    )


def _own_parent(record: Any, did: str) -> str:
    """Address of the answered post where that is the account's own. Records come as models or as dictionaries."""
    for name in ("reply", "parent", "uri"):
        record = record.get(name) if isinstance(record, dict) else getattr(record, name, None)
    uri = text_of(record)
    return uri if uri.startswith(f"at://{did}/") else ""


class Hydrating:
    """Turns events into pages."""

    def __init__(self, api: Api, accounts: Mapping[str, Account], name: str) -> None:
        self._api, self._accounts, self._name = api, accounts, name

    async def pages(self, events: Sequence[Event], now: datetime) -> AsyncIterator[Page]:
        """Tombstones at once, posts as soon as the AppView shows them, identities as they are."""
        gone = [Post(e.uri, "deleted", self._accounts[e.did].key, {}, now, deleted=True) for e in events if e.deleted]
        if gone:
            yield Page(self._name, {}, tuple(gone))
        for did in dict.fromkeys(event.did for event in events if not event.uri):
            if (page := await self._identity(did, now)) is not None:
                yield page
        waiting = {event.uri: event for event in events if event.uri and not event.deleted}
        for uri in (event.uri for event in events if event.deleted):
            waiting.pop(uri, None)
        for pause in LOOKS:
            if not waiting:
                return
            await asyncio.sleep(pause)
            posts = await self._look(list(waiting.values()), now)
            for post in posts:
                waiting.pop(post.key, None)
            if posts:
                yield Page(self._name, {}, tuple(posts))

    async def _look(self, events: Sequence[Event], now: datetime) -> list[Post]:
        """Those of the announced posts that the AppView shows, in the announced version."""
        uris = dict.fromkeys([*(event.uri for event in events), *(event.parent for event in events if event.parent)])
        try:
            answer = await self._api.ask("app.bsky.feed.getPosts", [("uris", uri) for uri in uris], now)
            body = answer.json()
        except Unfetched:
            return []
        found: list[Post] = []
        words: dict[str, str] = {}
        for did in dict.fromkeys(event.did for event in events):
            posts, _ = read_posts(body, self._accounts[did].key, did, now)
            words |= {uri: post.parts.get("text", "") for uri, post in posts.items()}
            for event in events:
                post = posts.get(event.uri)
                if post is not None and event.cid in ("", post.version):
                    parent = words.get(event.parent, "")
                    found.append(_with_parent(post, parent) if parent else post)
        return found

    async def _identity(self, did: str, now: datetime) -> Page | None:
        try:
            identity = read_author(await self._api.profile(did, now))
        except Unfetched:
            return None  # deactivated or gone: the sweep says so
        return None if identity is None else Page(self._name, {}, identities={self._accounts[did].key: identity})


def _with_parent(post: Post, parent: str) -> Post:
    return replace(post, parts={**post.parts, "parent": parent})


class Stream:
    """One connection for up to a hundred accounts: the SDK's client, which resumes by itself, and a queue."""

    def __init__(self, base: str, dids: Sequence[str], cursor: str | None) -> None:
        self._base, self._dids, self._cursor = base, list(dids), cursor
        self._queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=1000)
        self._client: Any = None

    async def events(self) -> AsyncIterator[list[Event]]:
        """Events as they come, up to a pack at a time. TooOld if the cursor is; other errors as the SDK raises them."""
        self._client = await asyncio.to_thread(_client, self._base, self._dids, self._cursor)
        running = asyncio.create_task(self._client.start(self._take))
        try:
            while True:
                waiting = asyncio.create_task(self._queue.get())
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    running.result()  # raises what ended it
                    return
                pack = [waiting.result()]
                while len(pack) < PACK and not self._queue.empty():
                    pack.append(self._queue.get_nowait())
                yield pack
        except Exception as failure:
            if type(failure).__name__ == "JetstreamCursorTooOldError":
                raise TooOldError from None
            raise
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _take(self, message: Any) -> None:
        event = read_event(message)
        if event is not None:
            await self._queue.put(event)


class TooOldError(Exception):
    """The stream no longer goes back to the cursor: begin at the tip, the sweep has covered what lies between."""


def _client(base: str, dids: Sequence[str], cursor: str | None) -> Any:
    from atproto import AsyncJetstreamClient  # type: ignore[import-untyped]

    params: dict[str, Any] = {"dids": list(dids), "collections": [POSTS], "kinds": ["commit", "identity"]}
    if cursor is not None and cursor.isdecimal():
        params["cursor"] = int(cursor)
    # Few accounts are quiet for hours: a dead connection shows by its missing pongs, not by silence.
    return AsyncJetstreamClient(params, base_uri=base, recv_timeout=None, compress=False)


async def merged(streams: Sequence[tuple[str, Stream]]) -> AsyncIterator[tuple[str, list[Event]]]:
    """Packs of several streams with the name of each. Ends with the first that ends, and raises what it raised."""
    queue: asyncio.Queue[tuple[str, list[Event]]] = asyncio.Queue(maxsize=1)

    async def pump(name: str, stream: Stream) -> None:
        async for pack in stream.events():
            await queue.put((name, pack))

    pumps = [asyncio.create_task(pump(name, stream)) for name, stream in streams]
    try:
        while True:
            taking = asyncio.create_task(queue.get())
            done, _ = await asyncio.wait({*pumps, taking}, return_when=asyncio.FIRST_COMPLETED)
            if taking in done:
                yield taking.result()
                continue
            taking.cancel()
            for ended in done:
                ended.result()
            return
    finally:
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
