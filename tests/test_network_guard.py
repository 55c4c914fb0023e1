"""A test that tries to leave the machine is stopped, whichever way it tries."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

ELSEWHERE = "192.0.2.1"  # kept for documentation, RFC 5737


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(socket.gaierror, match="no network"):
        socket.getaddrinfo("example.com", 80)


def test_a_connection_elsewhere_is_refused() -> None:
    with pytest.raises(ConnectionRefusedError, match="no network"):
        socket.create_connection((ELSEWHERE, 80), timeout=1)


def test_a_datagram_elsewhere_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, pytest.raises(OSError, match="no network"):
        out.sendto(b"x", (ELSEWHERE, 53))


async def test_asyncio_and_httpx_are_held_as_well() -> None:
    with pytest.raises(OSError, match="no network"):
        await asyncio.open_connection(ELSEWHERE, 80)
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://example.com/")


async def test_loopback_stays_open() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.readline() == b"hello\n"
        writer.close()
