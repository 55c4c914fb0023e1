"""A real server on loopback that misbehaves on request."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


TLS = b"\x16"


class Server:
    """Reads one request a connection, notes it, and then does as `behaviour` says."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.behaviour: Behaviour = answer(b"fine")
        self.port = 0
        self.hold = asyncio.Event()
        self.arrivals = asyncio.Semaphore(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.read(65536)
            while b"\r\n\r\n" not in request and not request.startswith(TLS):
                request += await reader.readexactly(1)
            self.requests.append(request)
            self.arrivals.release()
            await self.behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def answer(body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None) -> Behaviour:
    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count = len(body) if length is None else length
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {count}\r\nConnection: close\r\n{headers}\r\n".encode() + body)
        await writer.drain()

    return send


async def close_silently(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    made.hold.set()
    listening.close()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
