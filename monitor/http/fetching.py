"""The client of the sources: one pool that stays fast at width, polite to each host, and with a cap on every body.

A fetch either gives a whole answer or raises `Unfetched` with the outcome that tells why; nothing else gets out.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from monitor.http.faults import in_words
from monitor.http.limits import exhausted, not_before
from monitor.http.pace import Pace
from monitor.http.scrub import quiet
from monitor.http.sending import USER_AGENT, tls_context
from monitor.model import Outcome, OutcomeKind

Clock = Callable[[], datetime]


class Unfetched(Exception):  # noqa: N818 - it is an outcome, not a fault of ours
    """There is no answer to work with. `outcome` says why, for people and for the cool-down.

    `status` is the HTTP status, if there was one; `code` the server's own name for the error, where a source reads one.
    """

    def __init__(
        self, kind: OutcomeKind, detail: str, until: datetime | None = None, status: int | None = None, code: str = ""
    ) -> None:
        super().__init__(detail)
        self.outcome, self.status, self.code = Outcome(kind, detail, until), status, code


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. Header names are lower case; `body` is unpacked and within the cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON; Unfetched (bad_content) if it is none, e.g. an error page in HTML."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "no type").partition(";")[0]
            raise Unfetched("bad_content", f"expected JSON, got {kind} of {len(self.body)} bytes", status=self.status) from None


class Fetcher:
    """Fetches for every source over one transport. `clock` gives the wall time that reset headers are compared with.

    It speaks to the transport itself: httpx's client in between would double the cost of an idle poll, for cookies,
    redirects and logins that no source wants.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        pace: Pace | None = None,
        *,
        timeout: float = 10.0,
        max_bytes: int = 4 << 20,
        agent: str = USER_AGENT,
    ) -> None:
        self._transport, self._clock = transport, clock
        self._pace = pace or Pace()
        self._deadline, self._max_bytes = 2 * timeout, max_bytes
        self._always = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "gzip"}
        self._extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, max_bytes: int | None = None, bucket: str = ""
    ) -> Response:
        """The answer, whatever its status, redirects included: they are not followed.

        Unfetched when there is none, when it is too big or cut off, and while the host has asked for a pause. `bucket` names
        the endpoint, where a host counts its limits by endpoint: a pause of one is then none of the others.
        """
        host = f"{_host(url)} {bucket}".rstrip()
        if (until := self._pace.paused(host, self._clock)) is not None:
            raise Unfetched("rate_limited", f"{host} asked for a pause", until)
        slots = await self._pace.turn(host)
        try:
            response = await self._whole(url, {**self._always, **(headers or {})}, max_bytes or self._max_bytes)
        finally:
            slots.release()
        if response.status == 429:
            self._pace.refused(host, not_before(response.headers, self._clock()))
        elif response.status < 500:
            self._pace.answered(host, exhausted(response.headers, self._clock))
        return response

    async def close(self) -> None:
        await self._transport.aclose()

    async def _whole(self, url: str, headers: Mapping[str, str], cap: int) -> Response:
        try:
            async with asyncio.timeout(self._deadline):
                request = httpx.Request("GET", _parsed(url), headers=headers, extensions=self._extensions)
                answer = await self._transport.handle_async_request(request)
                try:
                    named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers.raw}
                    return Response(answer.status_code, named, await _read(answer, named, cap), url)
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise Unfetched("unreachable", f"no whole answer within {self._deadline:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as failure:
            raise _unfetched(failure) from None


def source_client(
    clock: Clock,
    *,
    timeout: float = 15.0,
    max_bytes: int = 4 << 20,
    connections: int = 64,
    pace: Pace | None = None,
    proxy: str | None = None,
    contact: str | None = None,
) -> Fetcher:
    """The one fetcher of a daemon. `timeout` seconds for each wait, twice that for a whole answer; `contact` goes into the User-Agent.

    Must be called where an event loop runs, and closed there.
    """
    quiet()
    tls = tls_context()

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=connections, ttl_dns_cache=60, keepalive_timeout=75, ssl=tls)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    transport = AiohttpTransport(verify=tls, trust_env=False, client=session, proxy=httpx.Proxy(proxy) if proxy else None)
    agent = f"{USER_AGENT} ({contact})" if contact else USER_AGENT
    return Fetcher(transport, clock, pace, timeout=timeout, max_bytes=max_bytes, agent=agent)


@lru_cache(maxsize=20_000)
def _parsed(url: str) -> httpx.URL:
    """Addresses are few and asked for again and again; parsing one costs as much as sending it."""
    return httpx.URL(url)


def refusal(response: Response, now: datetime) -> Unfetched | None:
    """What a status means where a source has nothing special to say; None for 2xx and 304."""
    status = response.status
    if 200 <= status < 300 or status == 304:
        return None
    kinds: dict[int, tuple[OutcomeKind, str]] = {
        401: ("auth", "it wants a login, or the token was refused (401)"),
        402: ("out_of_credit", "the plan has no credit left (402)"),
        403: ("blocked", "it refuses us (403)"),
        404: ("gone", "there is nothing at this address (404)"),
        410: ("gone", "it was removed for good (410)"),
        429: ("rate_limited", "too many requests (429)"),
        451: ("blocked", "not available here for legal reasons (451)"),
    }
    kind, detail = kinds.get(status, ("unreachable" if status >= 500 else "bad_content", f"it answered {status}"))
    if 300 <= status < 400:
        kind, detail = "moved", f"it redirects ({status}) to {response.headers.get('location', 'nowhere')[:200]}"
    until = not_before(response.headers, now) if status in (429, 503) else None
    return Unfetched(kind, detail, until, status)


async def _read(answer: httpx.Response, headers: Mapping[str, str], cap: int) -> bytes:
    """The body, unpacked under the cap as it comes: a small answer that unpacks to gigabytes never gets to."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise Unfetched("bad_content", f"an encoding that was not asked for: {encoding[:40]}", status=answer.status_code)
    if answer.status_code == 304:
        encoding = "identity"  # some servers name the encoding that the body would have had
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    parts: list[bytes] = []
    size = 0
    stream = answer.stream
    assert isinstance(stream, httpx.AsyncByteStream)
    async for chunk in stream:
        try:
            piece = unpack.decompress(chunk, cap - size + 1) if unpack else chunk
        except zlib.error:
            raise Unfetched("bad_content", "the compressed answer is damaged", status=answer.status_code) from None
        size += len(piece)
        if size > cap:
            raise Unfetched("bad_content", f"the answer is larger than {cap:,} bytes", status=answer.status_code)
        parts.append(piece)
    if unpack is not None and size and not unpack.eof:
        raise Unfetched("bad_content", "the compressed answer broke off", status=answer.status_code)
    return b"".join(parts)


UNCONNECTED: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the host's name is not known (DNS)"),
    (aiohttp.ClientConnectorCertificateError, "its TLS certificate is not valid"),
    (aiohttp.ClientSSLError, "no TLS connection could be made"),
    (aiohttp.ClientConnectorError, "the connection was refused, or no way leads there"),
)


def _unfetched(failure: Exception) -> Unfetched:
    cause = failure.__cause__
    for kind, words in UNCONNECTED:
        if isinstance(cause, kind) or isinstance(failure, kind):
            return Unfetched("unreachable", words)
    if isinstance(failure, httpx.ReadError) and isinstance(cause, aiohttp.ClientPayloadError):
        return Unfetched("bad_content", "the answer broke off")
    if isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError | aiohttp.ClientOSError) and not isinstance(
        cause, aiohttp.ClientConnectorError
    ):
        return Unfetched("unreachable", "the server closed the connection without an answer")
    if isinstance(failure, aiohttp.ClientError | ValueError):
        return Unfetched("bad_content", f"no proper HTTP answer ({type(failure).__name__})")
    return Unfetched("unreachable", in_words(failure))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
