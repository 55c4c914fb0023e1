"""No step of the daemon gets slower as the log grows: none reads a growing table from end to end."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

from monitor.decision import Decision, Reader, Work
from monitor.model import Finding, Identity, Interval, Notice, Receipt
from monitor.store import HealthRow, PollCount
from tests.store.conftest import OpenStore
from tests.store.sample import AMBASSADOR, DID, MODI, NOW, TRUMP, freeze, message, opens, page, post, triage_all

GROWING = (
    "posts",
    "revisions",
    "findings",
    "contacts",
    "contact_posts",
    "contact_parties",
    "alerts",
    "deliveries",
    "attempts",
    "daily",
)


class Plans:
    """Notes how SQLite goes about each statement, and which ones read a growing table from end to end."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.slow: list[str] = []

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        plans = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if sql not in plans.seen and sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
                    plans.seen.add(sql)
                    plans.note(sql, [row[3] for row in super().execute(f"EXPLAIN QUERY PLAN {sql}", *values)])
                return super().execute(sql, *values)

        return sqlite3.connect(*args, factory=Connection, **options)

    def note(self, sql: str, plan: list[str]) -> None:
        names = {alias: table for table in GROWING for alias in (table, *aliases(sql, table))}
        for step in plan:
            words = step.split()
            short = "deliveries_open" in step or "deliveries_sending" in step  # indexes of what is under way
            if words[0] == "SCAN" and words[1] in names and not short:
                self.slow.append(f"{step}: {sql}")


def aliases(sql: str, table: str) -> list[str]:
    words = sql.split()
    return [words[at + 1] for at, word in enumerate(words[:-1]) if word == table and words[at - 1] in ("FROM", "JOIN")]


def looks(reader: Reader, work: Work, finding: Finding) -> Decision:
    """Everything a decision can read."""
    day = Interval(NOW - timedelta(days=1), NOW + timedelta(days=1), "day")
    reader.candidates((TRUMP, MODI), day)
    reader.history((TRUMP, MODI), NOW, NOW)
    reader.contacts_of_post(work.post.key)
    reader.contact("c")
    reader.silences(NOW)
    reader.links("a")
    reader.opened(NOW)
    reader.readouts_due(NOW)
    reader.passed(NOW)
    reader.alert_kinds("c")
    reader.told("c")
    reader.sent_since("desk", NOW)
    reader.waiting("digest")
    reader.acts()
    return opens(reader, work, finding)


async def test_no_step_of_the_daemon_reads_a_growing_table_from_end_to_end(open_store: OpenStore) -> None:
    plans = Plans()
    store = await open_store(connect=plans.connect)
    await store.sync_accounts([AMBASSADOR], NOW)
    identity = {AMBASSADOR.key: Identity(DID, "amb.example")}
    await store.save_page(page([post("1"), post("2")], cursors={"a": "1"}, identities=identity), NOW)
    await store.save_page(page([post("1", "Edited", version="v2"), post("2", version="gone", deleted=True)]), NOW)
    await triage_all(store, decide=looks)
    await store.known(AMBASSADOR.key, 100)
    await store.open_contact_posts(NOW)
    for mark in (store.mark_retry, store.mark_unknown):
        delivery = await store.claim("desk", NOW, freeze)
        assert delivery is not None
        await (mark(delivery.id, NOW, "503", NOW) if mark == store.mark_retry else store.mark_unknown(delivery.id, "?", NOW, NOW))
    delivery = await store.claim_unknown("desk", NOW, repeat=True)
    assert delivery is not None
    await store.mark_sent(delivery.id, Receipt("m"), NOW)
    await store.next_due(["desk"])
    await store.late("desk", NOW)
    await store.give_up("desk", NOW, "too old", NOW)
    await store.suspend("desk", "revoked", NOW)
    await store.resume("desk", NOW)
    await store.outstanding(NOW)
    await store.notice(Notice("k", "stale", "silent"), NOW, message("silent", "notice"), ["console"])
    await store.hold(AMBASSADOR.key, "hijacked")
    await store.release(AMBASSADOR.key)
    await store.flush_health([HealthRow(AMBASSADOR.key)], [PollCount(AMBASSADOR.key, NOW, "ok", 1)], NOW)
    assert len(plans.seen) > 60
    assert plans.slow == []
