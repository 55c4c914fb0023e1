"""A desk under test: a configuration for the real network and a real room, the daemon on it, its log, and what the room holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.at_network import Network, Ref, Writer
from tests.real.conftest import Room
from tests.real.daemon import Daemon, Log, Row
from tests.real.proxy import Proxy, in_front_of


@dataclass(frozen=True, slots=True)
class Watched:
    """An account as configured: who writes, and what Hotline is told of them."""

    writer: Writer
    country: str
    kind: str
    office: str
    pinned: bool = True

    def table(self) -> str:
        pin = f"id = {json.dumps(self.writer.did)}\n" if self.pinned else ""
        return (
            f'[[account]]\nsource = "bluesky"\nhandle = "{self.writer.handle}"\n{pin}'
            f'country = "{self.country}"\nkind = "{self.kind}"\noffice = "{self.office}"\n'
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """`appview` and `homeserver` are proxies: everything that the daemon says goes through them."""

    daemon: Daemon
    log: Log
    room: Room
    appview: Proxy
    homeserver: Proxy

    def told(self) -> list[Row]:
        """Alerts of contacts, with their deliveries: everything but notices."""
        return [alert for alert in self.log.alerts() if alert["contact"] is not None]

    def shown(self) -> dict[str, str]:
        """What the room holds now: event id to text, edits left out."""
        return {
            event["event_id"]: str(event["content"].get("body", ""))
            for event in self.room.server.events(self.room.id, self.room.desk)
            if event["sender"] == self.room.alerts.id and event["content"].get("m.relates_to", {}).get("rel_type") != "m.replace"
        }

    async def logged(self, post: Ref, revision: int = 1) -> Row:
        """Wait until the daemon has logged and triaged the post; its row."""
        return await asyncio.to_thread(self.log.posted, post.uri, revision)

    async def settled(self) -> list[Row]:
        """Wait until the daemon has nothing left to do; the alerts of contacts."""
        await asyncio.to_thread(self.log.settled)
        return self.told()

    async def sent(self) -> list[Row]:
        """The same without the suppressed ones: what the desk was told."""
        return [alert for alert in await self.settled() if alert["state"] == "sent"]


def config(network: Network, room: Room, appview: str, homeserver: str, accounts: Sequence[Watched], extra: str = "") -> str:
    return f"""
[desk]
name = "Hotline tests"

[schedule]
every = "1s"
every_fast = "1s"
hot_every = "1s"
reread = "1s"

[sources.bluesky]
appview = "{appview}"
plc = "{network.plc}"

[channels.desk]
type = "matrix"
homeserver = "{homeserver}"
room = "{room.id}"
token = {{ env = "MATRIX_TOKEN" }}
allow_private = true

[[route]]
channels = ["desk"]
{extra}
{"".join(account.table() for account in accounts)}"""


@asynccontextmanager
async def desk(
    folder: Path, network: Network, room: Room, accounts: Sequence[Watched], extra: str = "", env: Mapping[str, str] | None = None
) -> AsyncIterator[Desk]:
    """Write the configuration; the daemon is not yet started. Whatever runs at the end is ended."""
    with in_front_of(network.appview) as appview, in_front_of(room.server.url) as homeserver:
        path = folder / "config.toml"
        path.write_text(config(network, room, appview.url, homeserver.url, accounts, extra), "utf-8")
        path.chmod(0o600)
        daemon = Daemon(path, {"MATRIX_TOKEN": room.alerts.token, **(env or {})})
        try:
            yield Desk(daemon, Log(folder / "hotline.db"), room, appview, homeserver)
        finally:
            daemon.close()
