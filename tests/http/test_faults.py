"""The class of every network fault, for both clients, against a real socket."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from monitor.http import Guard, Unfetched, arrived, channel_client, in_words, source_client
from tests.http.conftest import Server, answer, close_silently, reset

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


async def hang(server: Server) -> None:
    async def wait(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await server.hold.wait()

    server.behaviour = wait


async def prepare(fault: str, server: Server, closed_port: int) -> str:
    match fault:
        case "refused":
            return f"http://127.0.0.1:{closed_port}/"
        case "unknown name":
            return "http://no-such-host.invalid/"
        case "no TLS":
            return f"https://127.0.0.1:{server.port}/"
        case "hang":
            await hang(server)
        case "reset":
            server.behaviour = reset
        case "closed":
            server.behaviour = close_silently
        case "short body":
            server.behaviour = answer(b'{"ok":', length=500)
        case "no HTTP":

            async def gibberish(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"220 smtp ready\r\n\r\n")

            server.behaviour = gibberish
    return server.url


@pytest.mark.parametrize(
    ("fault", "kind", "may_have_arrived"),
    [
        ("refused", httpx.ConnectError, False),
        ("unknown name", httpx.ConnectError, False),
        ("no TLS", httpx.ConnectError, False),
        ("hang", httpx.ReadTimeout, True),
        ("reset", httpx.ReadError, True),
        ("closed", httpx.RemoteProtocolError, True),
        ("short body", httpx.RemoteProtocolError, True),
        ("no HTTP", httpx.RemoteProtocolError, True),
    ],
)
async def test_a_channel_knows_whether_a_failed_request_may_have_arrived(
    fault: str, kind: type[Exception], may_have_arrived: bool, server: Server, closed_port: int
) -> None:
    url = await prepare(fault, server, closed_port)
    async with channel_client(Guard(True), timeout=0.3) as client:
        with pytest.raises(httpx.HTTPError) as failure:
            await client.post(url, json={"text": "hello"})
    assert type(failure.value) is kind
    assert arrived(failure.value) is may_have_arrived
    assert "127.0.0.1" not in in_words(failure.value)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("refused", "unreachable", "refused"),
        ("unknown name", "unreachable", "not known"),
        ("no TLS", "unreachable", "TLS"),
        ("hang", "unreachable", "no answer in time"),
        ("reset", "unreachable", "closed the connection"),
        ("closed", "unreachable", "closed the connection"),
        ("short body", "bad_content", "broke off"),
        ("no HTTP", "bad_content", "no proper HTTP answer"),
    ],
)
async def test_a_source_gets_a_named_outcome_for_every_fault(
    fault: str, kind: str, words: str, server: Server, closed_port: int
) -> None:
    url = await prepare(fault, server, closed_port)
    fetcher = source_client(lambda: NOW, timeout=0.3)
    try:
        with pytest.raises(Unfetched) as failure:
            await fetcher.get(url)
    finally:
        await fetcher.close()
    assert failure.value.outcome.kind == kind
    assert words in failure.value.outcome.detail


async def test_a_connection_pool_that_is_full_has_sent_nothing(server: Server) -> None:
    await hang(server)
    async with channel_client(Guard(True), timeout=5) as client:
        waiting = [asyncio.create_task(client.get(server.url)) for _ in range(20)]
        for _ in waiting:
            await server.arrivals.acquire()
        with pytest.raises(httpx.PoolTimeout) as failure:
            await client.get(server.url, timeout=httpx.Timeout(5, pool=0.05))
        server.hold.set()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert not arrived(failure.value)


async def test_redirects_are_handed_over_and_not_followed(server: Server) -> None:
    server.behaviour = answer(b"", "302 Found", "Location: http://127.0.0.1:1/elsewhere\r\n")
    async with channel_client(Guard(True)) as client:
        assert (await client.post(server.url)).status_code == 302
    fetcher = source_client(lambda: NOW)
    assert (await fetcher.get(server.url)).headers["location"] == "http://127.0.0.1:1/elsewhere"
    await fetcher.close()
    assert len(server.requests) == 2


async def test_neither_client_reads_proxies_from_the_environment(
    server: Server, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    async with channel_client(Guard(True)) as client:
        assert (await client.get(server.url)).text == "fine"
    fetcher = source_client(lambda: NOW)
    assert (await fetcher.get(server.url)).body == b"fine"
    await fetcher.close()


async def test_both_clients_say_who_they_are(server: Server) -> None:
    async with channel_client(Guard(True)) as client:
        await client.get(server.url)
    fetcher = source_client(lambda: NOW, contact="desk@example.org")
    await fetcher.get(server.url)
    await fetcher.close()
    assert b"User-Agent: Hotline/" in server.requests[0]
    assert b"(desk@example.org)" in server.requests[1]
