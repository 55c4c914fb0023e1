"""The client of the channels: plain `httpx`, because it tells apart what never left from what may have arrived."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import httpx

from monitor import __version__
from monitor.http.guard import Guard, GuardedBackend, PrivateAddress
from monitor.http.scrub import quiet

USER_AGENT = f"Hotline/{__version__}"


@cache
def tls_context() -> ssl.SSLContext:
    """One for all clients: reading the certificates costs 80 ms each time."""
    return httpx.create_ssl_context(trust_env=False)


def channel_client(guard: Guard, timeout: float = 15.0, proxy: str | None = None, **more: Any) -> httpx.AsyncClient:
    """A client that follows no redirect, reads no environment, and connects only where `guard` permits.

    `timeout` in seconds holds for connecting, for writing and for each wait while reading. Behind an explicit `proxy`
    the proxy resolves names and decides; numeric private addresses are refused here all the same. `more` goes to httpx.
    """
    quiet()
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=20.0)
    transport = httpx.AsyncHTTPTransport(verify=tls_context(), trust_env=False, limits=limits, proxy=proxy, retries=0)
    hooks: dict[str, list[Any]] = {"request": []}
    if proxy is None:
        # The pool takes its backend only when it is built, and httpx builds it without one: set here, and tested.
        transport._pool._network_backend = GuardedBackend(guard)
    else:
        hooks["request"].append(_literals_only(guard))
    headers = {"User-Agent": USER_AGENT, **more.pop("headers", {})}
    return httpx.AsyncClient(
        transport=transport, timeout=timeout, trust_env=False, follow_redirects=False, headers=headers, event_hooks=hooks, **more
    )


def _literals_only(guard: Guard) -> Any:
    async def check(request: httpx.Request) -> None:
        host = "127.0.0.1" if request.url.host == "localhost" else request.url.host
        numeric = ":" in host or host.rpartition(".")[2][:1].isdigit()
        if numeric and guard.allow is not True and not guard.permits(host):
            words = f"{request.url.host} is a private address; list it under allow_private if that is meant"
            raise httpx.ConnectError(words) from PrivateAddress(words)

    return check
