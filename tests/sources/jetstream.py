"""A Jetstream, version 2, that sends what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve

CID = "bafyreidu2qktf5pcr2u5gblvfwmun7amv7qmbgfrxm2ifozr7phybuddxy"


class Jetstream:
    """Speaks version 2 to one client at a time: sends what is put into `frames`."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.asked: list[dict[str, list[str]]] = []
        self.seq = 100
        self.url = ""
        self.refuse: list[str] = []

    async def handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.asked.append(parse_qs(urlsplit(connection.request.path).query))
        while (frame := await self.frames.get()) is not None:
            await connection.send(json.dumps({"$type": "message", "payload": frame}))

    def tell(self, operation: str, uri: str, cid: str | None = None, record: dict[str, Any] | None = None) -> None:
        did, collection, rkey = uri.removeprefix("at://").split("/")
        self.seq += 1
        frame: dict[str, Any] = {
            "$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": self.seq, "did": did, "time": "2026-11-22T09:00:00.000000Z",
            "rev": "3n2vd65r43k22", "collection": collection, "rkey": rkey, "operation": operation,
        }  # fmt: skip
        if cid:
            frame |= {
                "cid": cid,
                "record": {"$type": collection, "text": "x", "createdAt": "2026-11-22T09:00:00Z", **(record or {})},
            }
        self.frames.put_nowait(frame)


@asynccontextmanager
async def running() -> AsyncIterator[Jetstream]:
    made = Jetstream()
    async with serve(made.handle, "127.0.0.1", 0, subprotocols=["xrpc.v1.json"]) as server:  # type: ignore[list-item]
        made.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/xrpc"
        yield made
        made.frames.put_nowait(None)
