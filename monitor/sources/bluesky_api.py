"""Questions to a Bluesky AppView (or to a PDS that passes them on): plain requests, and what its errors mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from monitor.http import Fetcher, Response, Unfetched, refusal
from monitor.model import OutcomeKind
from monitor.sources.bluesky_login import Login
from monitor.sources.shaping import mapping, text_of

ACCOUNT_ERRORS: Mapping[str, tuple[OutcomeKind, str]] = {
    "AccountDeactivated": ("gone", "the account is deactivated by its owner"),
    "AccountTakedown": ("gone", "the account was taken down by the network"),
    "AccountSuspended": ("gone", "the account is suspended by the network"),
    "HandleNotFound": ("gone", "no account has this handle: check its spelling, or pin the account's DID as `id`"),
    "InvalidToken": ("auth", "the login is no longer accepted"),
    "ExpiredToken": ("auth", "the login has expired"),
    "AuthMissing": ("auth", "this address answers only to a login; use the public AppView, or configure one"),
    "BlockedByActor": ("blocked", "the account blocks this login: poll without one"),
    "BlockedActor": ("blocked", "this login blocks the account: poll without one"),
}
NOT_FOUND = "Profile not found"
RENEW = ("ExpiredToken", "InvalidToken")


class Api:
    """XRPC queries by plain GET. Every failure is `Unfetched` with the outcome that a person understands."""

    def __init__(self, base: str, http: Fetcher, login: Login | None = None) -> None:
        self._base, self._http, self._login = base.rstrip("/"), http, login

    async def ask(
        self,
        method: str,
        params: Mapping[str, Any] | Sequence[tuple[str, str]],
        now: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The answer to a query: 200 or 304."""
        url = f"{self._base}/xrpc/{method}?{urlencode(params)}"
        if self._login is None:
            return self._checked(await self._http.get(url, headers), now)
        pass_on = await self._login.header(now)
        response = await self._http.get(url, {**(headers or {}), **pass_on})
        if response.status in (400, 401) and (named := _named(response)) is not None and named.code in RENEW:
            response = await self._http.get(url, {**(headers or {}), **await self._login.renew(pass_on, now)})
        return self._checked(response, now)

    @staticmethod
    def _checked(response: Response, now: datetime) -> Response:
        if response.status in (400, 401, 403) and (named := _named(response)) is not None:
            raise named
        if (refused := refusal(response, now)) is not None:
            raise refused
        return response

    async def profile(self, actor: str, now: datetime) -> Mapping[str, Any]:
        """Who this handle or DID is now."""
        return mapping((await self.ask("app.bsky.actor.getProfile", {"actor": actor}, now)).json())


def _named(response: Response) -> Unfetched | None:
    """The outcome that an XRPC error names; None if the body is no such error."""
    try:
        body = mapping(json.loads(response.body))
    except (ValueError, RecursionError):
        return None
    error, message = text_of(body.get("error")), text_of(body.get("message"))
    if error in ACCOUNT_ERRORS:
        kind, words = ACCOUNT_ERRORS[error]
        return Unfetched(kind, words, status=response.status, code=error)
    if message == NOT_FOUND:
        return Unfetched("gone", "no such account, or it is deactivated", status=response.status, code=NOT_FOUND)
    if response.status == 400 and error:
        return Unfetched("bad_content", f"it refused the question: {error[:60]} {message[:120]}".strip(), status=400, code=error)
    return None
