"""What stands in front of every request: known hosts, no cross-site writes, small bodies, safe headers.

The database is private to the desk: a page that some other site opens in the same browser must neither read it (a
rebound name, so `Host` is checked) nor write to it (a forged form, so `Origin` and the CSRF cookie are).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 100_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # none at all would make a browser send forms from "Origin: null"
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), interest-cohort=()"),
)
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
CSRF_COOKIE = "ds_csrftoken"


def host_of(header: str) -> str:
    """The name in a `Host` header, without its port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}


def cookies_of(headers: dict[str, str]) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in headers.get("cookie", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


class Guard:
    """ASGI middleware. `hosts` are the names, besides those of this machine, under which the desk is reached."""

    def __init__(self, app: App, hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = LOCAL | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks WebSocket, and no check below would look at it
            await send({"type": "websocket.close", "code": 1008})
            return

        async def safely(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in HEADERS}
                kept = [(bytes(n), bytes(v)) for n, v in message.get("headers", []) if bytes(n).lower() not in ours]
                if not any(name.lower() == b"cache-control" for name, _ in kept):
                    kept.append((b"cache-control", b"no-store"))
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        why = self._refusal(headers_of(scope), scope["method"])
        if why is not None:
            await refuse(safely, *why)
            return
        scope["headers"] = [(n, v) for n, v in scope["headers"] if n.lower() != b"authorization"]  # it would pass the CSRF check
        await self.app(scope, _bounded(receive), safely)

    def _ours(self, origin: str, host: str) -> bool:
        """Whether a page of this origin is the desk's: the same host and port, or a name that the desk was told, behind a proxy."""
        try:
            parts = urlsplit(origin)
            return parts.netloc.lower() == host.lower() or (parts.hostname or "") in self.hosts - LOCAL
        except ValueError:
            return False

    def _refusal(self, headers: dict[str, str], method: str) -> tuple[int, str] | None:
        if host_of(headers.get("host", "")).lower() not in self.hosts:
            return 421, "The desk is not reached under this name. Add it to [review] hosts, or open it as localhost."
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return 405, "Only GET and POST."
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") or (origin is not None and not self._ours(origin, headers["host"])):
            return 403, "This came from another site."
        if CSRF_COOKIE not in cookies_of(headers):
            return 403, "Open the page first, with cookies on, then send the form."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return 413, "Too much at once."
        return None


def _bounded(receive: Receive) -> Receive:
    """A body that says it is small and is not ends here."""
    seen = 0

    async def read() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            return {"type": "http.request", "body": b"", "more_body": False}
        return message

    return read


async def refuse(send: Send, status: int, words: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": words.encode()})
