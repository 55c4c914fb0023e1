"""An optional login: an app password, tokens kept in a file that only Hotline may read, never a login per run.

The entryway allows few logins a day, so tokens are kept and refreshed, and a password is used again only when the
refresh token is refused, at most once an hour. `atproto` is imported at the first login: it costs a second and 65 MB.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from monitor.http import Unfetched
from monitor.sources.shaping import mapping, text_of

AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives. Never shown: the repr of a secret is no place for it."""

    access: str
    refresh: str

    def __repr__(self) -> str:
        return "Tokens(…)"


class Login:
    """Gives the header that a logged-in question needs. One a source; safe to be asked from many tasks."""

    def __init__(
        self, pds: str, name: str, password: Callable[[], str], place: Path, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._pds, self._name, self._password, self._place = pds, name, password, place
        self._transport = transport
        self._tokens: Tokens | None = None
        self._tried: datetime | None = None
        self._one = asyncio.Lock()
        self._client: Any = None

    async def header(self, now: datetime) -> dict[str, str]:
        """`Authorization` for a question. Unfetched (auth) if there is no way in."""
        async with self._one:
            if self._tokens is None:
                self._tokens = await asyncio.to_thread(_load, self._place) or await self._log_in(now)
            return {"Authorization": f"Bearer {self._tokens.access}"}

    async def renew(self, used: Mapping[str, str], now: datetime) -> dict[str, str]:
        """After a refusal of `used`: fresh tokens, by another task's renewal, the refresh token, or the password."""
        async with self._one:
            if self._tokens is not None and used.get("Authorization") == f"Bearer {self._tokens.access}":
                self._tokens = await self._refresh(self._tokens) or await self._log_in(now)
        return await self.header(now)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.request.close()

    async def _refresh(self, tokens: Tokens) -> Tokens | None:
        client = await self._api()
        try:
            answer = await client.com.atproto.server.refresh_session(headers={"Authorization": f"Bearer {tokens.refresh}"})
        except Exception as failure:  # noqa: BLE001 - atproto's errors share no base with httpx's and pydantic's
            if getattr(getattr(failure, "response", None), "status_code", None) in (400, 401):
                return None
            raise Unfetched("unreachable", f"the login could not be renewed ({type(failure).__name__})") from None
        return await self._keep(answer)

    async def _log_in(self, now: datetime) -> Tokens:
        if self._tried is not None and now - self._tried < AGAIN_AFTER:
            raise Unfetched(
                "auth", f"the login of {self._name} was refused; it is not tried again so soon", self._tried + AGAIN_AFTER
            )
        password = self._password()
        self._tried = now
        client = await self._api()
        try:
            answer = await client.com.atproto.server.create_session({"identifier": self._name, "password": password})
        except Exception as failure:  # noqa: BLE001 - as above
            status = getattr(getattr(failure, "response", None), "status_code", None)
            if status is None:
                self._tried = None
                raise Unfetched("unreachable", f"no login: the server could not be reached ({type(failure).__name__})") from None
            words = "too many logins today" if status == 429 else "name or app password refused"
            raise Unfetched("auth", f"no login as {self._name}: {words}", now + AGAIN_AFTER) from None
        return await self._keep(answer)

    async def _keep(self, answer: Any) -> Tokens:
        tokens = Tokens(answer.access_jwt, answer.refresh_jwt)
        await asyncio.to_thread(_save, self._place, tokens)
        return tokens

    async def _api(self) -> Any:
        if self._client is None:
            self._client = await asyncio.to_thread(_client, self._pds, self._transport)
        return self._client


def _client(pds: str, transport: httpx.AsyncBaseTransport | None) -> Any:
    from atproto import AsyncClient, AsyncRequest  # type: ignore[import-untyped]

    more: dict[str, Any] = {} if transport is None else {"transport": transport}
    return AsyncClient(base_url=pds, request=AsyncRequest(timeout=15.0, trust_env=False, **more))


def _load(place: Path) -> Tokens | None:
    """The tokens kept; None if there are none, or if others may read them: then they are not trusted."""
    try:
        if place.stat().st_mode & 0o077:
            return None
        kept = mapping(json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    access, refresh = text_of(kept.get("access")), text_of(kept.get("refresh"))
    return Tokens(access, refresh) if access and refresh else None


def _save(place: Path, tokens: Tokens) -> None:
    """Keep the tokens, readable by nobody else at any moment, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = place.with_name(place.name + ".new")
    beside.unlink(missing_ok=True)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        json.dump({"access": tokens.access, "refresh": tokens.refresh}, out)
    beside.replace(place)
