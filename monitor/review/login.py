"""Who is at the desk: a shared password with a signed cookie, or a proxy in front that names the person."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import quote

from monitor.review.guard import App, Receive, Scope, Send, cookies_of, headers_of, refuse
from monitor.review.words import clean

COOKIE = "hotline_desk"
LASTS = timedelta(days=30)
TRIES, WITHIN = 10, timedelta(minutes=1)
OPEN = ("/login", "/-/desk/")
"""What is shown to those who have not logged in: the form and the static files."""

FEEDS = ("/contacts.atom", "/contacts.ics")
"""What readers of feeds may fetch with a key in the address, since they cannot log in."""


class Session:
    """Cookies signed with a key made from the password: a new password ends every session, a restart ends none."""

    def __init__(self, password: str) -> None:
        self._password = hashlib.sha256(password.encode()).digest()
        self._key = hmac.new(self._password, b"hotline desk sessions", hashlib.sha256).digest()
        self._failures: deque[datetime] = deque(maxlen=TRIES)

    def right(self, password: str, now: datetime) -> bool | None:
        """Whether it is the password; None: too many wrong ones just now, nothing was looked at."""
        if len(self._failures) == TRIES and now - self._failures[0] < WITHIN:
            return None
        if hmac.compare_digest(hashlib.sha256(password.encode("utf-8", "replace")).digest(), self._password):
            return True
        self._failures.append(now)
        return False

    def ticket(self, who: str, now: datetime) -> str:
        """The cookie's value for a person from now on."""
        said = base64.urlsafe_b64encode(f"{int(now.timestamp())} {who}".encode()).decode().rstrip("=")
        return f"{said}.{self._sign(said)}"

    def who(self, ticket: str, now: datetime) -> str | None:
        """The person of a cookie; None if it is not ours or too old."""
        said, _, signature = ticket.partition(".")
        if not hmac.compare_digest(self._sign(said).encode(), signature.encode("utf-8", "replace")):
            return None
        since, _, who = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode().partition(" ")
        return who if int(since) <= now.timestamp() + 60 and now.timestamp() - int(since) < LASTS.total_seconds() else None

    def feed_key(self) -> str:
        """What a feed's address carries; it opens the feeds and nothing else."""
        return self._sign("feeds")[:32]

    def _sign(self, words: str) -> str:
        return hmac.new(self._key, words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class Gate:
    """ASGI middleware that lets in those whom it knows, and tells the pages who they are (`hotline.who`).

    With `session`, by its cookie; with `header`, by what one of `proxies` says in it; with neither, everybody (loopback only).
    """

    def __init__(
        self, app: App, clock: Callable[[], datetime], session: Session | None, header: str | None, proxies: Iterable[str], base: str
    ) -> None:
        self.app, self.clock, self.session, self.base = app, clock, session, base
        self.header = header.lower() if header else None
        self.proxies = frozenset(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (self.session is None and self.header is None):
            await self.app(scope, receive, send)
            return
        headers, path = headers_of(scope), self._path(scope)
        who = self._who(scope, headers)
        if who is not None:
            scope["hotline.who"] = who
        elif self.session is None:
            await refuse(send, 401, "The proxy in front did not say who you are.")
            return
        elif not path.startswith(OPEN) and not self._feed(path, scope):
            await self._to_login(path, scope, send)
            return
        await self.app(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        path = str(scope["path"])
        return path[len(self.base) :] if self.base and path.startswith(f"{self.base}/") else path

    def _who(self, scope: Scope, headers: dict[str, str]) -> str | None:
        peer = (scope.get("client") or ("", 0))[0]
        if self.header and peer in self.proxies and clean(headers.get(self.header), 60):
            return clean(headers[self.header], 60)
        if self.session:
            ticket = cookies_of(headers).get(COOKIE)
            return self.session.who(ticket, self.clock()) if ticket else None
        return None

    def _feed(self, path: str, scope: Scope) -> bool:
        """A reader of feeds with the right key."""
        assert self.session is not None
        given = [pair[4:] for pair in scope.get("query_string", b"").decode("latin-1").split("&") if pair.startswith("key=")]
        return path in FEEDS and any(hmac.compare_digest(key.encode(), self.session.feed_key().encode()) for key in given)

    async def _to_login(self, path: str, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD") or path.endswith((".json", ".jsonl", ".csv", ".atom", ".ics")):
            await refuse(send, 401, "Log in first.")
            return
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = quote(f"{self.base}{path}" + (f"?{query}" if query else ""), safe="")
        await send({"type": "http.response.start", "status": 303, "headers": [(b"location", f"{self.base}/login?back={wanted}".encode())]})
        await send({"type": "http.response.body", "body": b""})
