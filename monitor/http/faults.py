"""What a network failure means: whether the request may have arrived, and how to tell a person.

The classes are those of plain `httpx`, as the channels use it. Over the aiohttp transport a request that arrived
and was then cut is reported as ConnectTimeout, the same as a refused one: `arrived` holds for `channel_client` alone.
"""

from __future__ import annotations

import httpx

from monitor.http.guard import PrivateAddress

_BEFORE_SENDING = (
    httpx.ConnectError,  # refused, unresolved, no TLS, private
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def arrived(failure: BaseException) -> bool:
    """False only if the request provably never left; True for everything that may have reached the other side."""
    return not isinstance(failure, _BEFORE_SENDING)


def private(failure: BaseException) -> str | None:
    """Why the guard refused the destination, in words without the path; None if it was something else."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, PrivateAddress):
            return str(cause)
        cause = cause.__cause__
    return None


def in_words(failure: BaseException) -> str:
    """One line for people. Never the exception's own text: it may hold the whole address."""
    if (refused := private(failure)) is not None:
        return refused
    for kind, words in (
        (httpx.PoolTimeout, "no free connection in time"),
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.ConnectError, "no connection: refused, unknown name, or no valid TLS certificate"),
        (httpx.ProxyError, "the proxy refused"),
        (httpx.TimeoutException, "no answer in time"),
        (httpx.RemoteProtocolError, "the server closed the connection without a whole answer"),
        (httpx.NetworkError, "the connection broke off"),
        (httpx.UnsupportedProtocol, "the address must begin with https:// or http://"),
        (httpx.InvalidURL, "the address is not valid"),
    ):
        if isinstance(failure, kind):
            return words
    return type(failure).__name__
