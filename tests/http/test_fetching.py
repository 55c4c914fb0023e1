"""The sources' fetcher: caps, encodings, politeness."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.http import Fetcher, Pace, Unfetched, refusal, source_client
from monitor.http.fetching import Response
from tests.http.conftest import Server, answer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = source_client(lambda: NOW, timeout=5)
    yield made
    await made.close()


async def test_a_body_over_the_cap_is_refused(fetcher: Fetcher, server: Server) -> None:
    server.behaviour = answer(b"x" * 10_001)
    with pytest.raises(Unfetched) as failure:
        await fetcher.get(server.url, max_bytes=10_000)
    assert failure.value.outcome.kind == "bad_content"
    assert "larger than 10,000" in failure.value.outcome.detail


async def test_a_body_at_the_cap_is_whole(fetcher: Fetcher, server: Server) -> None:
    server.behaviour = answer(b"x" * 10_000)
    assert len((await fetcher.get(server.url, max_bytes=10_000)).body) == 10_000


async def test_a_small_answer_that_unpacks_beyond_the_cap_is_refused(fetcher: Fetcher, server: Server) -> None:
    server.behaviour = answer(gzip.compress(b"\0" * 50_000_000), headers="Content-Encoding: gzip\r\n")
    with pytest.raises(Unfetched, match="larger than 10,000"):
        await fetcher.get(server.url, max_bytes=10_000)


async def test_a_packed_answer_is_unpacked(fetcher: Fetcher, server: Server) -> None:
    server.behaviour = answer(gzip.compress(b"hello" * 1000), headers="Content-Encoding: gzip\r\n")
    assert (await fetcher.get(server.url)).body == b"hello" * 1000


@pytest.mark.parametrize(("body", "words"), [(gzip.compress(b"hello" * 99)[:-9], "broke off"), (b"no gzip at all", "damaged")])
async def test_a_damaged_packed_answer_is_named(body: bytes, words: str, fetcher: Fetcher, server: Server) -> None:
    server.behaviour = answer(body, headers="Content-Encoding: gzip\r\n")
    with pytest.raises(Unfetched, match=words):
        await fetcher.get(server.url)


async def test_a_foreign_encoding_is_named(fetcher: Fetcher, server: Server) -> None:
    server.behaviour = answer(b"??", headers="Content-Encoding: br\r\n")
    with pytest.raises(Unfetched, match="not asked for: br"):
        await fetcher.get(server.url)


async def test_a_body_that_drips_for_ever_meets_the_deadline(server: Server) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not server.hold.is_set():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    server.behaviour = drip
    fetcher = source_client(lambda: NOW, timeout=0.1)
    with pytest.raises(Unfetched, match="no whole answer within"):
        await fetcher.get(server.url)
    await fetcher.close()


async def test_an_address_that_is_none_is_an_outcome(fetcher: Fetcher) -> None:
    for url in ("ftp://example.org/x", "http://[bad", "nonsense", "http://exa mple/"):
        with pytest.raises(Unfetched):
            await fetcher.get(url)


def scripted(*answers: httpx.Response, pace: Pace | None = None) -> tuple[Fetcher, list[httpx.Request]]:
    asked: list[httpx.Request] = []
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return left.pop(0)

    return Fetcher(httpx.MockTransport(handle), lambda: NOW, pace), asked


async def test_a_host_that_says_the_window_is_used_up_is_left_alone_until_the_reset() -> None:
    fetcher, asked = scripted(httpx.Response(200, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "40"}))
    await fetcher.get("https://a.example/1")
    with pytest.raises(Unfetched) as failure:
        await fetcher.get("https://a.example/2")
    assert failure.value.outcome.kind == "rate_limited"
    assert failure.value.outcome.until == NOW + timedelta(seconds=40)
    assert len(asked) == 1


async def test_one_429_stops_one_account_and_three_in_a_row_the_host() -> None:
    busy = [httpx.Response(429, headers={"Retry-After": "60"}) for _ in range(3)]
    fetcher, asked = scripted(*busy)
    for number in range(3):
        assert (await fetcher.get(f"https://a.example/{number}")).status == 429
    with pytest.raises(Unfetched, match="asked for a pause"):
        await fetcher.get("https://a.example/4")
    assert len(asked) == 3


async def test_the_pause_of_one_host_is_not_that_of_another() -> None:
    fetcher, asked = scripted(
        httpx.Response(200, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "40"}), httpx.Response(200)
    )
    await fetcher.get("https://a.example/1")
    assert (await fetcher.get("https://b.example/1")).status == 200
    assert len(asked) == 2


async def test_no_more_requests_at_once_than_a_host_is_allowed() -> None:
    running = most = 0

    async def handle(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _step in range(5):
            await asyncio.sleep(0)
        running -= 1
        return httpx.Response(200)

    fetcher = Fetcher(httpx.MockTransport(handle), lambda: NOW, Pace(at_once=3))
    await asyncio.gather(*(fetcher.get(f"https://a.example/{number}") for number in range(12)))
    assert most == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [(301, "moved"), (401, "auth"), (402, "out_of_credit"), (403, "blocked"), (404, "gone"), (410, "gone"), (429, "rate_limited"),
     (418, "bad_content"), (500, "unreachable"), (503, "unreachable")],
)  # fmt: skip
def test_a_status_means_an_outcome(status: int, kind: str) -> None:
    found = refusal(Response(status, {"retry-after": "30"}, b"", "https://a.example"), NOW)
    assert found is not None
    assert found.outcome.kind == kind
    assert (found.outcome.until is not None) is (status in (429, 503))


@pytest.mark.parametrize("status", [200, 204, 304])
def test_good_answers_are_no_refusal(status: int) -> None:
    assert refusal(Response(status, {}, b"", "https://a.example"), NOW) is None


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe", b"[" * 100_000, b'{"a":'])
def test_a_body_that_is_no_json_is_an_outcome(body: bytes) -> None:
    with pytest.raises(Unfetched, match="expected JSON, got text/html"):
        Response(200, {"content-type": "text/html; charset=utf-8"}, body, "https://a.example").json()
