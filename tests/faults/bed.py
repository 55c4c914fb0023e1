"""A bed for faults: four governments that write to files, two real receivers, one process after another on one log.

Every ordered pair of governments has one post: "I just spoke by phone with …". Each has a time of its own, so that what
belongs together does not hang on when it is read.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import match
from monitor.cli.assemble import check_parts
from monitor.config import load
from monitor.daemon import Crew, Plan, World
from monitor.match import Matcher
from monitor.model import Account
from monitor.stages.steady import Steady
from monitor.store import Store
from monitor.store.database import Connect
from tests.faults.tally import Tally
from tests.real.receiver import Request

START = datetime(2026, 5, 2, 10, tzinfo=UTC)
MARK = "POSSIBLE REPEAT · "
SAYS: Mapping[str, tuple[str, str, str]] = {
    "FR": ("presidency", "head_of_state", "President Macron"),
    "DE": ("leader", "head_of_government", "Chancellor Merz"),
    "IN": ("leader", "head_of_government", "Prime Minister Modi"),
    "IT": ("leader", "head_of_government", "Prime Minister Meloni"),
}
CONFIG = """
[schedule]
jitter = 0.0
[limits]
alert_age = "{age}"
give_up = "9000d"
flood = {flood}
[channels.keyed]
type = "webhook"
url = {{ file = "{folder}/keyed" }}
secret = {{ file = "{folder}/secret" }}
allow_private = ["127.0.0.0/8"]
[channels.keyless]
type = "mattermost"
url = {{ file = "{folder}/keyless" }}
allow_private = ["127.0.0.0/8"]
"""
ACCOUNT = """
[[account]]
source = "jsonl"
handle = "{handle}"
path = "{folder}/{handle}.jsonl"
country = "{country}"
kind = "{kind}"
office = "{office}"
"""


def secrets(folder: Path, receiver: str) -> None:
    for name, value in (("keyed", f"{receiver}/keyed"), ("keyless", f"{receiver}/hooks/keyless"), ("secret", "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==")):
        (folder / name).write_text(value, "utf-8")
        (folder / name).chmod(0o600)


def config(folder: Path, more: str = "", flood: int = 1000, age: str = "12h") -> str:
    accounts = "".join(
        ACCOUNT.format(handle=c.lower(), folder=folder, country=c, kind=SAYS[c][0], office=SAYS[c][1]) for c in SAYS
    )
    return more + CONFIG.format(folder=folder, flood=flood, age=age) + accounts


def claim(by: str, other: str, at: datetime, *, more: str = "") -> dict[str, Any]:
    """The post by which one government tells of its call with the other."""
    text = f"I just spoke by phone with {SAYS[other][2]}.{more}"
    return {"id": f"{by}-{other}", "account": by.lower(), "text": text, "version": f"{by}{other}{more}", "created_at": at.isoformat()}


def understood(matcher: Matcher, by: str, other: str, more: str = "") -> bool:
    """Whether the matcher reads that government's post as a call of the two that took place."""
    account = Account("jsonl", by.lower(), country=by, kind=SAYS[by][0], office=SAYS[by][1])  # type: ignore[arg-type]  # plain words of the table
    holder = match.resolve(account, matcher.registry, START.date())
    found = matcher.match({"text": claim(by, other, START, more=more)["text"]}, holder, START)
    return [(c.mode, c.status, {p.country for p in c.participants}) for c in found.contacts] == [("call", "happened", {by, other})]


def say(folder: Path, *lines: Mapping[str, Any]) -> None:
    """Append posts to the files of those who wrote them."""
    for line in lines:
        with (folder / f"{line['account']}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class Hand:
    """Two clocks moved by hand: one that can be set, and one that only goes on."""

    def __init__(self) -> None:
        self.wall, self.mono = START, 1000.0

    def __call__(self) -> datetime:
        self.on(0.001)
        return self.wall

    def on(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds

    def set(self, by: timedelta) -> None:
        self.wall += by

    def world(self) -> World:
        return World(self, lambda: 0.5, Steady(self, lambda: self.mono))


def plan(folder: Path, receiver: str, matcher: Matcher, more: str = "", flood: int = 1000, age: str = "12h") -> Plan:
    secrets(folder, receiver)
    for country in SAYS:
        (folder / f"{country.lower()}.jsonl").touch()
    checked = load(config(folder, more, flood, age))
    parts = check_parts(checked)

    def reveal(secret: Any) -> str:
        return str(secret.reveal({}, lambda path: Path(path).read_text("utf-8")))

    return Plan(checked, folder / "config.toml", folder / "log.db", parts.sources, parts.channels, matcher.registry, matcher, reveal)


def quick(*args: Any, **options: Any) -> sqlite3.Connection:
    """A connection that does not wait for the disk: here processes die, not machines, and flushing takes most of the time."""

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *values)

    made: sqlite3.Connection = sqlite3.connect(*args, factory=Connection, **options)
    return made


class Process:
    """One run of Hotline on the folder's log, looked at in steps: `look` polls, decides, sends what is due."""

    def __init__(self, run: Plan, hand: Hand, store: Store, world: World | None = None) -> None:
        self.plan, self.hand, self.store = run, hand, store
        self.world = world or hand.world()

    async def look(self, patience: float = 10.0) -> bool:
        crew = Crew(self.plan, self.store, self.world)
        try:
            return await crew.once(patience)
        finally:
            await crew.drain()


@asynccontextmanager
async def process(run: Plan, hand: Hand, connect: Connect = quick) -> AsyncIterator[Process]:
    store = await Store.open(run.database, run=f"run {hand.mono}", clock=hand, connect=connect)
    try:
        yield Process(run, hand, store)
    finally:
        await store.close()


def rows(database: Path, sql: str, *values: Any) -> list[dict[str, Any]]:
    with sqlite3.connect(database) as db:
        db.row_factory = sqlite3.Row
        found = [dict(row) for row in db.execute(sql, values)]
    db.close()
    return found


def alerts(database: Path) -> list[tuple[str, str]]:
    """The contact's countries ("DE FR") and the kind of every alert of a contact, in the order in which they were written."""
    sql = (
        "SELECT a.kind, (SELECT group_concat(country, ' ') FROM (SELECT country FROM contact_parties p WHERE p.contact = a.contact"
        " ORDER BY country)) AS pair FROM alerts a WHERE a.contact IS NOT NULL ORDER BY a.id"
    )
    return [(row["pair"], row["kind"]) for row in rows(database, sql)]


def counted(fault: str, injected: int, database: Path, requests: Sequence[Request], recovery: float | None = None) -> Tally:
    """What came of the alerts of contacts in both receivers, from what they accepted."""
    sql = (
        "SELECT d.key, d.channel, a.headline FROM deliveries d JOIN alerts a ON a.id = d.alert"
        " WHERE a.contact IS NOT NULL AND d.state <> 'suppressed'"
    )
    due = rows(database, sql)
    taken = [request for request in requests if request.accepted]
    keyed = Counter(request.headers["webhook-id"] for request in taken if request.path == "/keyed")
    said: dict[str, list[bool]] = defaultdict(list)
    for request in taken:
        if request.path != "/keyed":
            words, marked = heading(request)
            said[words].append(marked)
    ours = {row["headline"]: said[row["headline"]] for row in due if row["channel"] == "keyless"}
    lost = sum(row["channel"] == "keyed" and row["key"] not in keyed for row in due)
    lost += sum(max(wanted(due, headline) - len(told), 0) for headline, told in ours.items())
    repeats = sum(sum(told) for told in ours.values())
    doubled = sum(max(told.count(False) - wanted(due, headline), 0) for headline, told in ours.items())
    return Tally(fault, injected, len(due), lost, doubled, repeats, recovery)


def heading(request: Request) -> tuple[str, bool]:
    """The headline that the keyless channel showed, and whether it was marked as a possible repeat."""
    first = str(json.loads(request.body)["text"]).partition("\n")[0].replace("**", "").replace("\\", "")
    return first.replace(MARK, ""), MARK in first


def wanted(due: Sequence[Mapping[str, Any]], headline: str) -> int:
    """How many alerts have this headline."""
    return sum(row["channel"] == "keyless" and row["headline"] == headline for row in due)


def pairs() -> Iterator[tuple[str, str]]:
    """Every pair of governments once."""
    names = list(SAYS)
    yield from ((a, b) for i, a in enumerate(names) for b in names[i + 1 :])


class Stopwatch:
    """Real seconds since the fault ended."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self.began
