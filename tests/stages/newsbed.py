"""A bed for triage and watch: a real store, a matcher that reads a script, a clock that stands until it is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import compose, correlate, route
from monitor.leaders import Registry
from monitor.model import Account, Claim, Finding, Holder, Message, Outcome, Page, Participant, PartName, Post
from monitor.stages.news import Newsroom
from monitor.stages.operator import Operator
from monitor.stages.triage import Judge, Triage
from monitor.stages.watch import Watch
from monitor.store import Store

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
US = Account("test", "potus.example", id="did:us", country="US", kind="presidency")
IN = Account("test", "pmo.example", id="did:in", country="IN", kind="pm_office")
TRUMP = Participant("Donald Trump", "US", "trump", "head_of_state")
MODI = Participant("Narendra Modi", "IN", "modi", "head_of_government")
CALL = Claim("call", "happened", (TRUMP, MODI), 0.9)
NO = Finding(flagged=False, confidence=0.02, reason="no_contact", form="other")


def says(*claims: Claim, form: Any = "announcement") -> Finding:
    return Finding(True, claims[0].confidence, "yes", form, claims, lang="en")


@dataclass
class Script:
    """The matcher: a post's text names what it says."""

    findings: dict[str, Finding] = field(default_factory=dict)
    registry: Registry = field(default_factory=lambda: Registry((), START.date()))
    holders: list[Holder | None] = field(default_factory=list)

    def match(self, parts: Mapping[PartName, str], holder: Holder | None, at: datetime, lang: str | None = None) -> Finding:
        self.holders.append(holder)
        if parts["text"] == "crash":
            raise RuntimeError("cannot read this")
        return self.findings.get(parts["text"], NO)


@dataclass
class Bed:
    store: Store
    script: Script = field(default_factory=Script)
    rules: route.Rules = field(default_factory=lambda: route.Rules(channels=("desk",)))
    now: datetime = START
    woken: list[frozenset[str]] = field(default_factory=list)
    changed: int = 0
    hot: list[tuple[frozenset[str], datetime]] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    posts: int = 0

    def __post_init__(self) -> None:
        self._watch: Watch | None = None

    @property
    def newsroom(self) -> Newsroom:
        return Newsroom(correlate.Settings(), compose.Desk(signing_key="key"), self.rules)

    @property
    def operator(self) -> Operator:
        return Operator(self.store, compose.Desk(), ("ops",), lambda: self.now, self.woken.append)

    def triage(self) -> Triage:
        def changed() -> None:
            self.changed += 1

        judge = Judge(self.script, version="test")
        return Triage(self.store, judge, self.newsroom, self.operator, lambda: self.now, self.woken.append, changed)

    def watch(self) -> Watch:
        """The same one until the rules change: a new one is a restart."""
        if self._watch is None or self._watch.newsroom.rules is not self.rules:
            self._watch = Watch(
                self.store, self.newsroom, self.operator, lambda: self.now, self.woken.append,
                lambda countries, until: self.hot.append((countries, until)), timedelta(hours=3), self.resume,
            )  # fmt: skip
        return self._watch

    def restart(self) -> None:
        self._watch = None

    async def resume(self, channel: str) -> int:
        if channel == "gone":
            raise LookupError("no such channel")
        self.resumed.append(channel)
        return 3

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def arrives(
        self, account: Account, text: str, finding: Finding | None = None, *, key: str | None = None, version: str = "1",
        deleted: bool = False, baseline: bool = False,
    ) -> str:  # fmt: skip
        """A post comes in; its key."""
        self.posts += 1
        key = key or f"test/{self.posts}"
        if finding is not None:
            self.script.findings[text] = finding
        post = Post(key, version, account.key, {} if deleted else {"text": text}, self.now, self.now, f"https://example.org/{self.posts}", deleted=deleted)
        page = Page("test", {account.key: Outcome("ok")}, (post,), baseline=frozenset([account.key] if baseline else []))
        await self.store.save_page(page, self.now)
        return key

    async def alerts(self) -> list[tuple[str, str | None, dict[str, tuple[str, str | None]]]]:
        """Kind, contact, and channel -> (state, reason) of every alert, oldest first."""
        rows = await self.rows("SELECT a.id, a.kind, a.contact, d.channel, d.state, d.reason FROM alerts a LEFT JOIN deliveries d ON d.alert = a.id ORDER BY a.id, d.id")
        found: dict[int, tuple[str, str | None, dict[str, tuple[str, str | None]]]] = {}
        for row in rows:
            entry = found.setdefault(row["id"], (row["kind"], row["contact"], {}))
            if row["channel"]:
                entry[2][row["channel"]] = (row["state"], row["reason"])
        return list(found.values())

    async def kinds(self) -> list[str]:
        return [kind for kind, _, _ in await self.alerts()]

    async def messages(self) -> list[Message]:
        from monitor.store.codec import message_loads

        return [message_loads(row["message"]) for row in await self.rows("SELECT message FROM alerts ORDER BY id")]

    async def rows(self, sql: str) -> list[Any]:
        return await self.store._read(lambda db: db.execute(sql).fetchall())


@asynccontextmanager
async def bed(folder: Path) -> AsyncIterator[Bed]:
    store = await Store.open(folder / "log.db", run="run-1", clock=lambda: START)
    try:
        await store.sync_accounts([US, IN, replace(US, handle="press.example", id="did:press", kind="press_office")], START)
        yield Bed(store)
    finally:
        await store.close()
