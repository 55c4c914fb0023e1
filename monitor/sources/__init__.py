"""Where posts come from: one file a source, one line in `SOURCES` each.

To add a source: write `sources/NAME.py` with a class that satisfies `Source`, a folder of captures under
`tests/captures/NAME/` with its expected posts, and a line in `SOURCES`. Nothing else: a source neither knows the
schema nor the scheduler.

A source never raises for what the network or a server does: it says so in `Page.outcomes`, account by account.
Posts are read item by item; an odd item is skipped and named in the outcome's detail, and costs no other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from monitor.model import Account, Identity, Outcome, Page, Post

Cursors = Mapping[str, str]
"""A source's own cursor rows, key to value, as committed. The source chooses the keys (one an account, one a pack)."""


class Source(Protocol):
    """What the poll stage asks of a source. Built as `cls(settings, http)`, one object a running daemon."""

    name: ClassVar[str]
    Settings: ClassVar[type[BaseModel]]  # the keys of `[sources.NAME]`
    Options: ClassVar[type[BaseModel]]  # the keys an account of this source may have besides the common ones
    baseline: ClassVar[bool]  # whether an account's first poll is silent

    @property
    def cadence(self) -> float | None:
        """Seconds between polls whatever the account says (a local file, a sweep beside a stream); None: as the account says."""
        ...

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        """The accounts grouped as they can be asked for together; most sources: one by one."""
        ...

    def fetch(self, accounts: Sequence[Account], cursors: Cursors, now: datetime) -> AsyncIterator[Page]:
        """Read one pack. Every account of it gets an outcome in the last page at the latest."""
        ...

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """These post keys again, as they are now: edited ones as a new version, vanished ones as deleted. [] if it cannot tell."""
        ...

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Who the platform says this account is now (`check --online`, and the weekly look)."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Streaming(Protocol):
    """A source that can also be pushed to; the same posts, keys and parser.

    `cursors` is the poll stage's own mapping and follows what is stored. The iterator ends or raises when the connection
    is lost for good; the poll stage begins again.
    """

    @property
    def streaming(self) -> bool:
        """Whether it is to be pushed to, as configured."""
        ...

    def stream(self, accounts: Sequence[Account], cursors: Cursors, clock: Callable[[], datetime]) -> AsyncIterator[Page]: ...


class Backfilling(Protocol):
    """A source that can walk back in time."""

    def backfill(self, account: Account, since: datetime, cursors: Cursors, now: datetime) -> AsyncIterator[Page]: ...


def sources() -> Mapping[str, type[Any]]:
    """The registry. A function, so that a source's own package (atproto: 1 s, 65 MB) is imported only when it is used."""
    from monitor.sources.bluesky import Bluesky
    from monitor.sources.feed import Feed
    from monitor.sources.inbound import Inbound
    from monitor.sources.jsonl import Jsonl
    from monitor.sources.mastodon import Mastodon
    from monitor.sources.telegram import Telegram
    from monitor.sources.x import X

    return {"bluesky": Bluesky, "feed": Feed, "inbound": Inbound, "jsonl": Jsonl, "mastodon": Mastodon, "telegram": Telegram, "x": X}
