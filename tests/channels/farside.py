"""The far side of every HTTP channel on loopback: a provider that keeps what it accepts, and breaks on demand.

A fault strikes one request. `taken` says whether the provider had accepted the message before it broke: what a channel
must then not send again without saying so, unless the provider drops repeats by key.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()

    def raw(self) -> bytes:
        lines = [
            f"HTTP/1.1 {self.status} X",
            f"Content-Length: {len(self.content)}",
            *(f"{k}: {v}" for k, v in self.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.content


@dataclass(frozen=True, slots=True)
class Fault:
    """`reply` instead of the provider's own, or a way to break: reset_before, reset_after, hang, half."""

    name: str
    taken: bool = False
    reply: Reply | None = None
    breaks: str = ""


class FarSide:
    """`accept` is the provider: a request in, its reply out. `posts` are the requests that posted something."""

    def __init__(self, accept: Callable[[Request], Reply]) -> None:
        self.accept = accept
        self.faults: deque[Fault] = deque()
        self.requests: list[Request] = []
        self.base = ""
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while (request := await self._read(reader, writer)) is not None:
                if not await self._answer(request, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
        begun = await reader.readexactly(1)
        if begun == b"\x16":  # a TLS handshake, which this server does not speak
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return None
        head = begun + await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        if self.faults and self.faults[0].breaks == "reset_before":
            self.faults.popleft()
            _reset(writer)
            return None
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        return Request(method, path, headers, body)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        self.requests.append(request)
        fault = self.faults.popleft() if self.faults else Fault("none", taken=True)
        own = self.accept(request) if fault.taken else Reply()
        reply = fault.reply or own
        if fault.breaks == "hang":
            await asyncio.Event().wait()
        if fault.breaks == "reset_after":
            _reset(writer)
            return False
        raw = reply.raw()
        if fault.breaks == "half":
            writer.write(raw[: len(raw) - max(len(reply.content) // 2, 1)] if reply.content else raw[: len(raw) // 2])
            await writer.drain()
            return False
        writer.write(raw)
        await writer.drain()
        return True

    def close_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def far_side(accept: Callable[[Request], Reply]) -> AsyncIterator[FarSide]:
    far = FarSide(accept)
    server = await asyncio.start_server(far.talk, "127.0.0.1", 0)
    far.port = server.sockets[0].getsockname()[1]
    far.base = f"http://127.0.0.1:{far.port}"
    try:
        yield far
    finally:
        server.close()
        far.close_all()
        await asyncio.sleep(0)
