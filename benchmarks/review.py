"""What the review desk costs: latency of every page on a log of a million posts, and what a post adds to the file.

    python -m benchmarks.review [--posts 20000] [--keep PATH] [--rounds 5]

The store itself writes the first 25,000 posts, as a daemon would: pages of posts, one contact in twenty posts, two alerts
and four deliveries a contact. The rest are copies of these rows, later in time, through the same indexes and full text.
Pages are asked in process, through the whole application: headers, templates and all. "CPU" is what a page costs when nothing
else runs on the machine; figures are kept for a minute, so that the first look at one costs more than the next.
"""

# ruff: noqa: S608, ISC004  the SQL is written here, of numbers counted here

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
DAYS = 3 * 365
START = END - timedelta(days=DAYS)
SEED = 25_000
"""Posts that the store writes; more are copies of them."""

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

    def __init__(self, posts: int, days: float) -> None:
        self.posts = posts
        self.accounts = [Account("bench", f"account-{n}", country=COUNTRIES[n % 100], kind="presidency") for n in range(ACCOUNTS)]
        self.step = timedelta(days=days) / posts

    def at(self, number: int) -> datetime:
        return START + self.step * (number + 1)

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
    copies = max(1, posts // SEED)
    posts = min(posts, SEED)
    writer = Writer(posts, DAYS / copies)
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
    await store.set_meta("heartbeat", f"{END:%Y-%m-%dT%H:%M:%S}.000Z", END)
    await store.close()
    print(f"  {posts:,} posts through the store in {time.perf_counter() - began:.0f} s")
    multiply(path, posts, copies)
    print(f"  {posts * copies:,} posts after {time.perf_counter() - began:.0f} s")


def multiply(path: Path, posts: int, copies: int) -> None:
    """Copy every row `copies - 1` times, each time so many days later."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    last = {table: db.execute(f"SELECT MAX(id) FROM {table}").fetchone()[0] for table in ("revisions", "findings", "alerts", "deliveries", "attempts")}
    for copy in range(1, copies):
        later = f"{DAYS * 86400 * copy / copies:.0f} seconds"
        by = {table: count * copy for table, count in last.items()}

        def at(column: str, later: str = later) -> str:
            return f"strftime('%Y-%m-%dT%H:%M:%fZ', {column}, '+{later}')"

        contact, shift = f"'c' || (CAST(substr(%s, 2) AS INTEGER) + {posts * copy})", posts * copy
        for sql in (
            f"INSERT INTO posts SELECT id + {shift}, key || '-{copy}', account, url, {at('created_at')}, {at('seen_at')}, author_id, author_handle,"
            f" author_name, author_verified, author_domain, origin, held, deleted_at, revision, newest + {by['revisions']}, flagged FROM posts WHERE id <= {posts}",
            f"INSERT INTO revisions SELECT id + {by['revisions']}, post + {shift}, number, version, deleted, lang, title, text, quote, card, alt, parent,"
            f" raw, {at('seen_at')}, tidied_at FROM revisions WHERE id <= {last['revisions']}",
            f"INSERT INTO findings SELECT id + {by['findings']}, revision + {by['revisions']}, matcher, flagged, near, confidence, reason, form, lang,"
            f" contacts, evidence, {at('made_at')}, current FROM findings WHERE id <= {last['findings']}",
            f"INSERT INTO contacts SELECT {contact % 'id'}, names, mode, status, confidence, when_start, when_end, when_precision, place, place_country,"
            f" topics, sides, {at('opened_at')}, {at('updated_at')}, {at('took_place')}, {at('span_start')}, {at('span_end')}, origin, readout, readout_due,"
            f" readout_at, conflict, lapsed, retracted, merged_into, state FROM contacts WHERE CAST(substr(id, 2) AS INTEGER) < {posts}",
            f"INSERT INTO contact_parties SELECT {contact % 'contact'}, number, party, leader, country, name, office, {at('span_end')}"
            f" FROM contact_parties WHERE CAST(substr(contact, 2) AS INTEGER) < {posts}",
            f"INSERT INTO contact_posts SELECT {contact % 'contact'}, number, post + {shift}, claim, revision + {by['revisions']}, relation, form, side,"
            f" {at('at')} FROM contact_posts WHERE CAST(substr(contact, 2) AS INTEGER) < {posts}",
            f"INSERT INTO alerts SELECT id + {by['alerts']}, kind, {contact % 'contact'}, notice, revision + {by['revisions']}, reason, headline, urgent,"
            f" message, {at('created_at')} FROM alerts WHERE id <= {last['alerts']}",
            f"INSERT INTO deliveries SELECT id + {by['deliveries']}, alert + {by['alerts']}, channel, {contact % 'contact'}, urgent, key || '-{copy}', state,"
            f" reason, payload, attempts, {at('due_at')}, {at('trying_from')}, next_at, run, unknown_since, possible_repeat, provider_id, provider_thread,"
            f" told_by, {at('created_at')}, {at('sent_at')} FROM deliveries WHERE id <= {last['deliveries']}",
            f"INSERT INTO attempts SELECT id + {by['attempts']}, delivery + {by['deliveries']}, number, {at('started_at')}, {at('ended_at')}, result, detail"
            f" FROM attempts WHERE id <= {last['attempts']}",
            f"INSERT INTO daily SELECT substr({at('day')}, 1, 10), account, posts, flagged FROM daily WHERE day < '{START + timedelta(days=DAYS / copies):%Y-%m-%d}'"
            " ON CONFLICT DO NOTHING",
            f"INSERT INTO posts_search (rowid, folded) SELECT rowid + {shift}, folded FROM posts_search WHERE rowid <= {posts}",
        ):
            db.execute(sql)
        db.commit()
    db.close()


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
        print(f"\n{'page':56} {'ms p50':>8} {'ms first':>8} {'ms CPU':>8} {'kB':>7}")
        slow = []
        for address in PAGES:
            asked, taken, worked, size = address.format(contact=contact), list[float](), list[float](), 0
            for _ in range(rounds):
                start, at_work = time.perf_counter(), time.process_time()
                answer = await client.get(asked)
                taken.append((time.perf_counter() - start) * 1000)
                worked.append((time.process_time() - at_work) * 1000)
                size = len(answer.content)
                assert answer.status_code == 200, (asked, answer.status_code, answer.text[:500])
            median = statistics.median(taken)
            slow += [asked] if median > TARGET_MS else []
            print(f"{asked:56} {median:8.1f} {taken[0]:8.1f} {statistics.median(worked):8.1f} {size / 1000:7.0f}")
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
