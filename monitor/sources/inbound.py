"""The `inbound` source: posts that other tools hand in over HTTP, on this host by default.

A request is answered only when its posts are stored: what was acknowledged is in the log, and what was not is sent again
by its sender. The lines are described in `records`; nothing is a baseline here. docs/inbound.md has an example.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from monitor.config import Secret
from monitor.http import Fetcher, Unfetched
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources.inbound_server import Limits, Server
from monitor.sources.secrets import reveal


class InboundSettings(BaseModel):
    """`[sources.inbound]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: Secret | None = Field(None, description="What senders must show, as Authorization: Bearer TOKEN. Needed.")
    listen: str = Field(
        "127.0.0.1:8087", pattern=r"^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$", description="Address and port. Beyond this host put it behind TLS."
    )
    max_body: int = Field(1 << 20, ge=1024, le=16 << 20, description="Bytes of a request.")
    max_posts: int = Field(500, ge=1, le=5000, description="Posts in a request.")
    per_minute: int = Field(600, ge=1, description="Posts taken in a minute, from all senders together.")
    patience: float = Field(15.0, gt=0, le=120, description="Seconds a request waits for its posts to be stored.")


class InboundOptions(BaseModel):
    """An inbound account has no keys of its own; its handle is the `account` of the posts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Inbound:
    """Listens from its first poll until it is closed. All accounts share one address."""

    name: ClassVar[str] = "inbound"
    Settings: ClassVar[type[BaseModel]] = InboundSettings
    Options: ClassVar[type[BaseModel]] = InboundOptions
    baseline: ClassVar[bool] = False
    cadence: ClassVar[float | None] = 0.25  # seconds: how long a sender waits at most before its posts are stored

    def __init__(self, settings: InboundSettings, http: Fetcher | None = None) -> None:
        self._settings = settings
        self._server: Server | None = None

    @property
    def port(self) -> int | None:
        """Where it listens; None before the first poll."""
        return self._server.port if self._server is not None else None

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        return [list(accounts)] if accounts else []

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What was handed in since. It is acknowledged after the page was stored: the generator goes on only then."""
        try:
            server = await self._listening()
        except Unfetched as failure:
            outcome = replace(failure.outcome, of_source=True)
            yield Page(self.name, {account.key: outcome for account in accounts})
            return
        server.accounts = {account.handle: account for account in accounts}
        batches = server.waiting()
        posts = tuple(replace(post, seen_at=now) for batch in batches for post in batch.posts)
        yield Page(self.name, {account.key: Outcome("ok") for account in accounts}, posts)
        server.done(batches)

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """A sender says by itself when a post is gone: nothing to ask."""
        return []

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Who wrote a post is for the one who hands it in to know."""
        return Outcome("ok", f"handed in at http://{self._settings.listen}/posts"), None

    async def close(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None

    async def _listening(self) -> Server:
        """The server, started if it is not yet. Unfetched if that cannot be."""
        if self._server is not None:
            return self._server
        s = self._settings
        if s.token is None:
            raise Unfetched("auth", 'it takes no posts without a token: set token = { env = "NAME" } under [sources.inbound]')
        server = Server(s.listen, reveal(s.token), Limits(s.max_body, s.max_posts, s.per_minute, s.patience))
        try:
            await server.start()
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Unfetched("unreachable", f"cannot listen on {s.listen} ({why}): choose another port under [sources.inbound]") from None
        self._server = server
        return server
