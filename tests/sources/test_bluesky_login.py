"""Logging in: rarely, with tokens that nobody else can read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from monitor.http import Fetcher, Unfetched
from monitor.sources.bluesky import BlueskySettings
from monitor.sources.bluesky_api import Api
from monitor.sources.bluesky_login import Login
from tests.sources.appview import DID, NOW


class Server:
    """A PDS that knows one password and the tokens it gave."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.given = 0
        self.valid: set[str] = set()
        self.broken: int | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rpartition(".")[2]
        self.calls.append(method)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.broken is not None and method != "getProfile":
            return httpx.Response(self.broken, json={"error": "RateLimitExceeded"})
        if method == "createSession":
            return self.tokens() if b"right" in request.content else httpx.Response(401, json={"error": "AuthenticationRequired"})
        if token not in self.valid:
            return httpx.Response(400, json={"error": "ExpiredToken", "message": "Token has expired"})
        return self.tokens() if method == "refreshSession" else httpx.Response(200, json={"did": DID, "handle": "elysee.fr"})

    def tokens(self) -> httpx.Response:
        self.given += 1
        fresh = (f"access{self.given}", f"refresh{self.given}")
        self.valid |= set(fresh)
        return httpx.Response(
            200, json={"accessJwt": fresh[0], "refreshJwt": fresh[1], "handle": "desk.example", "did": "did:plc:desk"}
        )


class Bed:
    def __init__(self, folder: Path) -> None:
        self.server, self.place, self.password = Server(), folder / "state" / "bluesky.session", "right"
        self.api = self.make()

    def make(self) -> Api:
        transport = httpx.MockTransport(self.server.answer)
        login = Login("https://pds.example", "desk.example", lambda: self.password, self.place, transport)
        return Api("https://pds.example", Fetcher(transport, lambda: NOW), login)

    async def ask(self, minutes: float = 0) -> Any:
        return await self.api.profile("elysee.fr", NOW + timedelta(minutes=minutes))


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


async def test_one_login_serves_all_runs(bed: Bed) -> None:
    await bed.ask()
    bed.api = bed.make()
    assert (await bed.ask())["did"] == DID
    assert bed.server.calls == ["createSession", "getProfile", "getProfile"]


async def test_tokens_are_kept_for_nobody_else_to_read(bed: Bed) -> None:
    await bed.ask()
    assert bed.place.stat().st_mode & 0o777 == 0o600
    assert list(bed.place.parent.iterdir()) == [bed.place]


async def test_tokens_that_others_could_read_are_not_trusted(bed: Bed) -> None:
    await bed.ask()
    bed.place.chmod(0o644)
    bed.api = bed.make()
    await bed.ask()
    assert bed.server.calls.count("createSession") == 2


async def test_an_expired_token_is_renewed_without_a_login(bed: Bed) -> None:
    await bed.ask()
    bed.server.valid.discard("access1")
    await bed.ask()
    assert bed.server.calls == ["createSession", "getProfile", "getProfile", "refreshSession", "getProfile"]
    assert "access2" in bed.place.read_text()


async def test_a_refused_refresh_leads_to_a_login_after_an_hour_and_not_before(bed: Bed) -> None:
    await bed.ask()
    bed.server.valid.clear()
    with pytest.raises(Unfetched, match="not tried again so soon") as failure:
        await bed.ask(minutes=30)
    assert failure.value.outcome.kind == "auth"
    assert failure.value.outcome.until == NOW + timedelta(hours=1)
    assert (await bed.ask(minutes=61))["did"] == DID


async def test_a_wrong_password_is_not_tried_again_and_again(bed: Bed) -> None:
    bed.password = "wrong"
    for minutes in range(5):
        with pytest.raises(Unfetched) as failure:
            await bed.ask(minutes)
        assert failure.value.outcome.kind == "auth"
        assert "wrong" not in str(failure.value)
    assert bed.server.calls == ["createSession"]


async def test_too_many_logins_are_told_as_such(bed: Bed) -> None:
    bed.server.broken = 429
    with pytest.raises(Unfetched, match="too many logins today"):
        await bed.ask()


def test_a_login_needs_a_name_and_a_password() -> None:
    with pytest.raises(ValidationError, match="a login needs both"):
        BlueskySettings(login="desk.example")
