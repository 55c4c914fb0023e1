"""What the store costs: rows a second for each step, and the queries of a log of some size.

    python benchmarks/store.py [--posts 20000] [--keep PATH]

Prints medians and 99th percentiles on this machine's disk, with every commit on it (synchronous FULL).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.decision import Decision, Judged, NewAlert, NewDelivery, Reader, Work
from monitor.model import (
    Account,
    Claim,
    Contact,
    ContactPost,
    Finding,
    Identity,
    Interval,
    Message,
    Outcome,
    Page,
    Participant,
    Post,
    Receipt,
)
from monitor.store import Filter, Reading, Store

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNTRIES = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "KLMNOPQRST"]
WORDS = (
    "President spoke today with Prime Minister about trade security energy and the situation in the region 习近平 通话".split()
)
PAGE = 20


def parties(number: int) -> tuple[Participant, ...]:
    """Two of 100 leaders; one in three contacts is with the same one, as in life."""
    one, other = COUNTRIES[0 if number % 3 == 0 else number % 100], COUNTRIES[(number * 7 + 13) % 100]
    return (Participant(f"Leader of {one}", one, f"leader-{one}"), Participant(f"Leader of {other}", other, f"leader-{other}"))


def post(number: int, account: Account) -> Post:
    at = START + timedelta(minutes=number)
    text = " ".join(WORDS[(number * 31 + n) % len(WORDS)] for n in range(30)) + f" {number}"
    return Post(
        f"bench:{number}",
        "v1",
        account.key,
        {"text": text},
        at,
        at,
        author=Identity(account.handle, account.handle),
        raw="{" + "x" * 900 + "}",
    )


def decide(reader: Reader, work: Work, finding: Finding) -> Decision:
    """As triage does: candidates, history, silences, links; then a contact, an alert, two deliveries."""
    number, at = work.revision, work.post.at
    who = finding.contacts[0].participants
    reader.candidates(who, Interval(at - timedelta(days=2), at + timedelta(days=2), "day"))
    reader.history(who, at, START)
    reader.silences(at)
    reader.links(work.post.key)
    told = ContactPost(
        work.post.key, work.account.key, who[0].country, "mission", "announces", "announcement", finding.contacts[0], at, at
    )
    contact = Contact(f"c{number}", who, "call", "happened", 0.9, at, at, posts=(told,))
    message = Message("new", contact.id, "A and B: call", quote=work.post.parts["text"])
    return Decision((contact,), (NewAlert("new", message, contact.id, "first word", (NewDelivery("desk"), NewDelivery("room"))),))


class Times:
    """Milliseconds of one kind of call."""

    def __init__(self, name: str, rows: int) -> None:
        self.name, self.rows, self.taken = name, rows, list[float]()

    async def of(self, call: Awaitable[Any]) -> Any:
        start = time.perf_counter()
        result = await call
        self.taken.append((time.perf_counter() - start) * 1000)
        return result

    def show(self) -> None:
        if self.taken:
            median, last = (
                statistics.median(self.taken),
                statistics.quantiles(self.taken, n=100)[98] if len(self.taken) > 1 else self.taken[0],
            )
            print(f"{self.name:44} {median:8.2f} {last:8.2f} {self.rows * 1000 / median:12,.0f}")


async def fill(store: Store, posts: int) -> None:
    accounts = [Account("bench", f"account-{n}", country=COUNTRIES[n]) for n in range(100)]
    await store.sync_accounts(accounts, START)
    new, same = Times("save_page, 20 new posts", PAGE), Times("save_page, 20 known posts", PAGE)
    waits, judge = Times("pending, 500", 500), Times("triage, 500 (1 in 50 flagged, 2 deliveries)", 500)
    one, claims, marks, idle = (Times(name, 1) for name in ("triage, 1 flagged", "claim", "mark_sent", "claim, nothing due"))
    alone = 0
    for first in range(0, posts, PAGE):
        account = accounts[first // PAGE % len(accounts)]
        page = Page(
            "bench",
            {account.key: Outcome("ok")},
            tuple(post(n, account) for n in range(first, first + PAGE)),
            {account.key: str(first)},
        )
        now = page.posts[-1].seen_at
        await new.of(store.save_page(page, now))
        if first % 5000 == 0:
            await same.of(store.save_page(page, now))
            (work,) = await store.pending(1)
            await one.of(store.triage([judged(work, flagged=True)], decide, now))
            alone += 1
        if (first + PAGE) % 500 == 0:
            batch = await waits.of(store.pending(500))
            await judge.of(store.triage([judged(work, flagged=work.revision % 50 == 0) for work in batch], decide, now))
            while delivery := await claims.of(store.claim("desk", now, lambda row: {"text": row.message.headline})):
                await marks.of(store.mark_sent(delivery.id, Receipt("1"), now))
            await idle.of(store.claim("desk", now, lambda _: {}))
    for times in (new, same, waits, judge, one, claims, marks, idle):
        times.show()


def judged(work: Work, *, flagged: bool) -> Judged:
    claim = Claim("call", "happened", parties(work.revision), 0.9)
    return Judged(
        work,
        Finding(flagged, 0.9 if flagged else 0.01, "bench", "announcement" if flagged else "other", (claim,) if flagged else ()),
        "m1",
    )


async def questions(path: Path, posts: int) -> None:
    """The queries that people wait for."""
    end = START + timedelta(minutes=posts)
    with Reading(path) as log:
        asked: dict[str, Callable[[], Any]] = {
            "contacts, newest 50": log.contacts,
            "contacts of one leader": lambda: log.contacts(Filter(leader="leader-AK")),
            "contacts of one pair's country": lambda: log.contacts(Filter(leader="leader-AK", country="BK")),
            "posts, newest 50": log.posts,
            "posts of one account, flagged": lambda: log.posts(Filter(account="account-5", flagged=True)),
            "alerts, newest 50": log.alerts,
            "attempts, newest 50": log.attempts,
            "search 通话": lambda: log.search("通话"),
            "search, absent word": lambda: log.search("absent"),
            "the story of a contact": lambda: log.contact("c50"),
            "per day, 30 days": lambda: log.per_day(end - timedelta(days=30), end),
            "per pair, a year": lambda: log.per_pair(START, end),
            "channels": log.channels,
            "status": log.status,
        }
        for name, ask in asked.items():
            times = Times(f"  {name}", 1)
            for _ in range(5):
                await times.of(asyncio.to_thread(ask))
            times.show()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="use this file and keep it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "bench.db"
        store = await Store.open(path, run="bench", clock=lambda: START)
        print(f"{options.posts:,} posts{'':33} {'ms p50':>8} {'ms p99':>8} {'rows/s (p50)':>12}")
        await fill(store, options.posts)
        print(f"{'bytes a post':44} {path.stat().st_size / options.posts:8.0f}")
        await questions(path, options.posts)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
