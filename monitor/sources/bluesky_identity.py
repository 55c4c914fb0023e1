"""Who a Bluesky account is: asked of the AppView, checked against the DID's own document."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from monitor.http import Unfetched
from monitor.model import Account, Identity, Outcome
from monitor.sources.bluesky_api import Api
from monitor.sources.bluesky_posts import read_author

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # resets are then clamped to the shortest: nobody waits on this answer


async def confirm(api: Api, documents: Documents, account: Account) -> tuple[Outcome, Identity | None]:
    """Who the handle leads to now; if it leads nowhere, who the pinned DID is. The DID's document must name the handle too."""
    try:
        identity = read_author(await api.profile(account.handle, EPOCH))
    except Unfetched as failure:
        if account.id is None or failure.outcome.kind != "gone":
            return failure.outcome, None
        return await _by_did(api, account, account.id)
    if identity is None:
        return Outcome("bad_content", "the profile names no DID"), None
    names = await documents.handles(identity.id)
    if names is None:
        return Outcome("ok", "the DID's document could not be read: only the AppView vouches for the handle"), identity
    if identity.handle.lower() not in names:
        return Outcome(
            "moved", f"the DID's document does not name {identity.handle}: {', '.join(names) or 'no handle'}"
        ), identity
    return Outcome("ok"), identity


async def _by_did(api: Api, account: Account, did: str) -> tuple[Outcome, Identity | None]:
    try:
        identity = read_author(await api.profile(did, EPOCH))
    except Unfetched as failure:
        return failure.outcome, None
    if identity is None:
        return Outcome("bad_content", "the profile names no DID"), None
    return Outcome("moved", f"{account.handle} leads nowhere; the pinned account is now {identity.handle}"), identity


class Documents:
    """DID documents by `atproto`'s resolver, which knows did:plc and did:web. Imported at first use: it costs half a second."""

    def __init__(self, plc: str) -> None:
        self._plc = plc
        self._resolver: Any = None

    async def handles(self, did: str) -> list[str] | None:
        """The handles that the DID's document claims, lower case; None if it cannot be read."""
        if self._resolver is None:
            self._resolver = await asyncio.to_thread(_resolver, self._plc)
        try:
            document = await self._resolver.resolve(did)
        except Exception:  # noqa: BLE001 - the resolver's errors, httpx's and pydantic's all mean the same here
            return None
        return None if document is None else [name.removeprefix("at://").lower() for name in document.also_known_as or []]


def _resolver(plc: str) -> Any:
    from atproto_identity.resolver import AsyncIdResolver  # type: ignore[import-untyped]

    return AsyncIdResolver(plc_url=plc).did
