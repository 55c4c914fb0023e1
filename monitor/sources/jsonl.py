"""The `jsonl` source: posts as JSON lines from a file that grows, or from standard input.

For replays, for tests, and for feeding Hotline from anything else; the lines are described in `records`. Nothing
is a baseline here: what stands in the file was put there to be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from monitor.http import Fetcher
from monitor.model import Account, Identity, Outcome, Page, Post
from monitor.sources.following import Following, StandardInput, Taken
from monitor.sources.records import read_line
from monitor.sources.shaping import OddError, skipped


class JsonlSettings(BaseModel):
    """`[sources.jsonl]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field("-", min_length=1, description='The file to follow; "-" is standard input.')


class JsonlOptions(BaseModel):
    """What a jsonl account may have besides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = Field(None, min_length=1, description="A file of its own.")


class Jsonl:
    """Follows files and standard input. All accounts of one file are read together."""

    name: ClassVar[str] = "jsonl"
    Settings: ClassVar[type[BaseModel]] = JsonlSettings
    Options: ClassVar[type[BaseModel]] = JsonlOptions
    baseline: ClassVar[bool] = False
    cadence: ClassVar[float | None] = 0.25  # seconds: looking at a local file costs next to nothing

    def __init__(self, settings: JsonlSettings, http: Fetcher | None = None) -> None:
        self._settings = settings
        self._open: dict[str, Following | StandardInput] = {}

    def packs(self, accounts: Sequence[Account]) -> Sequence[Sequence[Account]]:
        """The accounts by file."""
        by_path: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            by_path[self._path(account)].append(account)
        return list(by_path.values())

    async def fetch(self, accounts: Sequence[Account], cursors: Mapping[str, str], now: datetime) -> AsyncIterator[Page]:
        """What was added since; each page is up to a megabyte. What was handed over is forgotten only once it is stored."""
        path = self._path(accounts[0])
        reader = self._reader(path)
        handles = {account.handle: account for account in accounts}
        while True:
            try:
                taken = await reader.take(cursors.get(path))
            except OSError as failure:
                words = f"{path} cannot be read: {failure.strerror or type(failure).__name__}"
                yield self._page(accounts, Outcome("unreachable", words))
                return
            posts, odd = _posts(taken, handles, now)
            cursor = {path: taken.cursor} if taken.cursor is not None and taken.cursor != cursors.get(path) else {}
            yield self._page(accounts, Outcome("ok", skipped(odd) or taken.note), posts, cursor)
            reader.done(taken)
            if not taken.more:
                return
            cursors = {**cursors, **cursor}

    async def reread(self, posts: Sequence[str], account: Account, now: datetime) -> Sequence[Post]:
        """A file says by itself when a post is gone: nothing to ask."""
        return []

    async def identify(self, account: Account) -> tuple[Outcome, Identity | None]:
        """Who wrote a line is for the one who feeds them to know."""
        return Outcome("ok", f"read from {self._path(account)}"), None

    async def close(self) -> None:
        for reader in self._open.values():
            reader.close()

    def _path(self, account: Account) -> str:
        return str(account.options.get("path") or self._settings.path)

    def _reader(self, path: str) -> Following | StandardInput:
        if path not in self._open:
            self._open[path] = StandardInput() if path == "-" else Following(path)
        return self._open[path]

    def _page(
        self,
        accounts: Sequence[Account],
        outcome: Outcome,
        posts: Sequence[Post] = (),
        cursors: Mapping[str, str | None] | None = None,
    ) -> Page:
        return Page("jsonl", {account.key: outcome for account in accounts}, tuple(posts), cursors or {})


def _posts(taken: Taken, handles: Mapping[str, Account], now: datetime) -> tuple[list[Post], list[str]]:
    posts, odd = [], list(taken.odd)
    for place, line in taken.lines:
        try:
            posts.append(read_line(line, handles, "jsonl", now))
        except OddError as reason:
            odd.append(f"{place}: {reason}")
    return posts, odd
