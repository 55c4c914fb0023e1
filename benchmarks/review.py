"""What the review desk costs: latency of every page on a log of a million posts, and what a post adds to the file.

    python -m benchmarks.review [--posts 20000] [--keep PATH] [--rounds 5]

The log is written by the store itself where that is fast enough to wait for, so that every index and the full text are
what a daemon would have written: pages of posts, one contact in twenty posts, two posts, two alerts and two deliveries a
contact. Pages are asked in process, through the whole application, headers, templates and all.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from monitor.decision import Decision, Judged, NewAlert, NewDelivery, Reader, Work
from monitor.model import (
    Account,
    Claim,
    Contact,
    ContactPost,
    Evidence,
    Finding,
    Identity,
    Message,
    Outcome,
    Page,
    Participant,
    Post,
    Receipt,
)
from monitor.review.app import open_desk
from monitor.review.desk import Desk
from monitor.store import Reading, Store

END = datetime(2026, 11, 22, 9, tzinfo=UTC)
YEARS = 3
ACCOUNTS, LEADERS, PAGE = 680, 200, 500
CONTACT_EVERY = 20
COUNTRIES = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "KLMNOPQRST"]
WORDS = "President spoke today with Prime Minister about trade security energy and the situation in the region 习近平 通话 we met".split()
MODES = ("call", "meeting", "visit", "video", "letter", "summit")
TARGET_MS = 200


def leader(number: int) -> Participant:
    country = COUNTRIES[number % 100]
    return Participant(f"Leader {number} of {country}", country, f"leader-{number}", "head_of_state")


def parties(number: int) -> tuple[Participant, Participant]:
    """Some talk far more than others, as in life: the first of 200 leaders takes part in one contact of eight."""
    chance = random.Random(number)
    first = int(LEADERS * chance.random() ** 3)
    return leader(first), leader((first + 1 + int((LEADERS - 1) * chance.random() ** 2)) % LEADERS)


class Writer:
    """Fills a log as the daemon would."""

    def __init__(self, posts: int) -> None:
        self.posts = posts
        self.accounts = [Account("bench", f"account-{n}", country=COUNTRIES[n % 100], kind="presidency") for n in range(ACCOUNTS)]
        self.step = timedelta(days=365 * YEARS) / posts

    def at(self, number: int) -> datetime:
        return END - self.step * (self.posts - number)

    def post(self, number: int) -> Post:
        account = self.accounts[number % ACCOUNTS]
        chance = random.Random(number)
        text = " ".join(chance.choice(WORDS) for _ in range(35)) + f" {number}"
        at = self.at(number)
        return Post(f"bench:{number}", "v1", account.key, {"text": text}, at, at - timedelta(seconds=4), f"https://example.org/{number}",
                    "en", Identity(account.handle, account.handle), raw="{" + "x" * 900 + "}")  # fmt: skip

    def decide(self, _reader: Reader, work: Work, finding: Finding) -> Decision:
        """A contact of its own for every flag, told to two channels."""
        number, at = int(work.post.key.split(":")[1]), work.post.seen_at
        claim = finding.contacts[0]
        told = ContactPost(work.post.key, work.account.key, claim.participants[0].country, "presidency", "announces", "announcement", claim, at, at)
        contact = Contact(f"c{number}", claim.participants, claim.mode, claim.status, 0.9, at, at, posts=(told,), readout="awaited", told=True)
        message = Message("new", contact.id, "A and B: call", ("First contact in the log.",), work.post.parts["text"])
        alert = NewAlert("new", message, contact.id, "first word", (NewDelivery("desk"), NewDelivery("room")))
        return Decision((contact,), (alert, replace(alert, kind="update")))

    def judged(self, work: Work) -> Judged:
        number = int(work.post.key.split(":")[1])
        flagged, near = number % CONTACT_EVERY == 0, number % CONTACT_EVERY == 7
        claim = Claim(MODES[number // CONTACT_EVERY % 6], "happened", parties(number), 0.9)  # type: ignore[arg-type]
        evidence = (Evidence("text", 0, 9, "party"), Evidence("text", 10, 15, "trigger"))
        finding = Finding(flagged, 0.9 if flagged else 0.2 if near else 0.01, "bench", "announcement" if flagged else "other",
                          (claim,) if flagged else (), evidence if flagged or near else (), "en")  # fmt: skip
        return Judged(work, finding, "m1", near)


class Hasty(sqlite3.Connection):
    """A connection that does not wait for the disk: what is measured here is reading."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return super().execute("PRAGMA synchronous = OFF" if sql == "PRAGMA synchronous = FULL" else sql, *values)


def hasty(*given: Any, **more: Any) -> sqlite3.Connection:
    return sqlite3.connect(*given, **more, factory=Hasty)


async def fill(path: Path, posts: int) -> None:
    writer = Writer(posts)
    store = await Store.open(path, run="bench", clock=lambda: END, connect=hasty)
    await store.sync_accounts(writer.accounts, writer.at(0))
    began = time.perf_counter()
    for first in range(0, posts, PAGE):
        batch = tuple(writer.post(n) for n in range(first, min(first + PAGE, posts)))
        now = batch[-1].seen_at
        await store.save_page(Page("bench", {post.account: Outcome("ok") for post in batch}, batch), now)
        await store.triage([writer.judged(work) for work in await store.pending(PAGE)], writer.decide, now)
        for channel in ("desk", "room"):
            while delivery := await store.claim(channel, now, lambda row: {"message": {"headline": row.message.headline}, "steps": []}):
                await store.mark_sent(delivery.id, Receipt("1"), now + timedelta(seconds=random.Random(delivery.id).random() * 3))
        if first % 50_000 == 0 and first:
            print(f"  {first:,} posts after {time.perf_counter() - began:.0f} s")
    await store.set_meta("heartbeat", f"{END:%Y-%m-%dT%H:%M:%S}.000Z", END)
    await store.close()


PAGES = (
    "/", "/?days=30", "/pulse.json", "/contacts", "/contacts?mode=call&country=AK&since=30d", "/contacts?q=%E9%80%9A%E8%AF%9D",
    "/contact/{contact}", "/leader/leader-0", "/leader/AK", "/pair/leader-0/leader-1", "/leaders", "/plots", "/plots?days=365", "/judge",
    "/judge?queue=near", "/judge?queue=random", "/quality", "/search", "/search?q=%E9%80%9A%E8%AF%9D", "/search?q=absent", "/search?q=region+met&flagged=1",
    "/search?account=bench:account-5", "/post?key=bench:400", "/accounts", "/contacts.atom", "/contacts.ics?party=leader-0",
    "/contacts.csv?since=7d", "/contacts.json", "/log", "/log/busiest_days", "/log/contacts_between?a=AK&b=BK&mode=call",
    "/log/v_contacts?_sort_desc=opened_at&_nocount=1",
)  # fmt: skip


async def pages(path: Path, rounds: int) -> None:
    with Reading(path) as log:
        contact = str(log.contacts(limit=1)[0]["contact"])
    app: Any = await open_desk(Desk(path, lambda: END, chance=random.Random(1)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=120) as client:
        print(f"\n{'page':56} {'ms p50':>8} {'ms max':>8} {'kB':>7}")
        slow = []
        for address in PAGES:
            asked, taken = address.format(contact=contact), []
            for _ in range(rounds):
                start = time.perf_counter()
                answer = await client.get(asked)
                taken.append((time.perf_counter() - start) * 1000)
                assert answer.status_code == 200, (asked, answer.status_code, answer.text[:500])
            median = statistics.median(taken)
            slow += [asked] if median > TARGET_MS else []
            print(f"{asked:56} {median:8.1f} {max(taken):8.1f} {len(answer.content) / 1000:7.0f}")
        print(f"\nover {TARGET_MS} ms: {', '.join(slow) or 'none'}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="use this file, made if it is not there, and keep it")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "bench.db"
        if not path.exists():
            await fill(path, options.posts)
        with Reading(path) as log:
            status = log.status()
        print(f"{status['posts']:,} posts, {status['contacts']:,} contacts, {path.stat().st_size / 1e6:,.0f} MB: {path.stat().st_size / status['posts']:,.0f} bytes a post")
        await pages(path, options.rounds)


if __name__ == "__main__":
    asyncio.run(main())
