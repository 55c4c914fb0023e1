"""What the pages ask of the log: contacts as cards, what needs review, the health of the watch."""

# ruff: noqa: S608  what is put together is written in this package; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.review.desk import Row
from monitor.review.labels import UNJUDGED
from monitor.review.words import between
from monitor.store import Filter, Reading
from monitor.store.codec import stamp

SILENT_FACTOR = 6.0
"""An account is quiet when it has not posted for so many of its usual gaps, and for at least a day."""


def cards(log: Reading, wanted: Filter | None = None, limit: int = 60) -> list[Row]:
    """Contacts, newest first word first, each with `parties`, `first` (its first post), `spoken`, `silent` and `latency` in seconds."""
    return dressed(log, log.contacts(wanted, limit))


def dressed(log: Reading, contacts: list[Row]) -> list[Row]:
    """The same for rows of v_contacts."""
    ids = json.dumps([contact["contact"] for contact in contacts])
    parties: dict[str, list[Row]] = {}
    for row in log.ask(
        "SELECT contact, number, party, leader, country, name, office FROM contact_parties"
        " WHERE contact IN (SELECT value FROM json_each(?)) ORDER BY contact, number",
        [ids],
    ):
        parties.setdefault(row["contact"], []).append(row)
    first: dict[str, Row] = {}
    for row in log.ask(
        "SELECT cp.contact, p.key AS post, p.url, p.deleted_at, a.key AS account, a.country, a.kind, r.title, r.text, f.lang, f.evidence"
        " FROM contact_posts cp JOIN posts p ON p.id = cp.post JOIN accounts a ON a.id = p.account"
        " JOIN revisions r ON r.id = cp.revision LEFT JOIN findings f ON f.revision = r.id AND f.current = 1"
        " WHERE cp.contact IN (SELECT value FROM json_each(?)) ORDER BY cp.contact, cp.number DESC",
        [ids],
    ):
        first[row["contact"]] = row  # the lowest number comes last
    for contact in contacts:
        name = contact["contact"]
        contact["parties"] = parties.get(name, [])
        contact["first"] = first.get(name)
        contact["spoken"] = contact["sides"].split()
        countries = dict.fromkeys(p["country"] for p in contact["parties"] if p["country"])
        contact["silent"] = [country for country in countries if country not in contact["spoken"]]
        sent = between(contact["opened_at"], contact["first_sent_at"]) if contact["origin"] == "live" else None
        contact["latency"] = sent if sent is not None and sent >= 0 else None
    return contacts


def needs_review(log: Reading, since: datetime, limit: int = 8) -> dict[str, list[Row]]:
    """What a person should look at: contacts whose sides differ or whose readout is overdue, unsure flags, near misses."""
    start = stamp(since)
    contact = (
        "SELECT id AS contact, names, mode, status, opened_at, conflict, readout_due FROM contacts"
        " WHERE opened_at >= ? AND merged_into IS NULL AND retracted = 0 AND {} ORDER BY opened_at DESC LIMIT ?"
    )
    post = (
        "SELECT p.key AS post, p.seen_at, a.key AS account, a.country, r.title, r.text, f.confidence, f.reason, f.evidence"
        " FROM findings f CROSS JOIN revisions r ON r.id = f.revision CROSS JOIN posts p ON p.newest = r.id AND p.id = r.post"
        " CROSS JOIN accounts a ON a.id = p.account"
        " WHERE f.made_at >= ? AND f.current = 1 AND {} AND " + UNJUDGED + " ORDER BY f.made_at DESC LIMIT ?"
    )
    return {
        "conflicts": log.ask(contact.format("conflict IS NOT NULL"), [start, limit]),
        "overdue": log.ask(contact.format("readout = 'overdue'"), [start, limit]),
        "unsure": log.ask(post.format("f.flagged = 1 AND f.confidence < 0.8"), [start, limit]),
        "near": log.ask(post.format("f.near = 1"), [start, limit]),
    }


def health(log: Reading, now: datetime) -> dict[str, Any]:
    """The strip: whether the daemon is alive, accounts that fail, are held or silent, channels suspended, what waits."""
    status, accounts, channels = log.status(), log.accounts(), log.channels()
    for account in accounts:
        account["trouble"] = trouble(account, now)
    beat = between(status["heartbeat"], stamp(now))
    return {
        "status": status,
        "alive": beat is not None and beat < 180,
        "accounts": accounts,
        "troubled": [account for account in accounts if account["trouble"]],
        "channels": channels,
        "suspended": [channel for channel in channels if channel["suspended_at"]],
        "waiting": sum(channel["waiting"] for channel in channels),
    }


def trouble(account: Mapping[str, Any], now: datetime) -> str:
    """What is wrong with an account: held, failing, silent; "" for nothing."""
    if account["held"]:
        return "held"
    if (account["failures"] or 0) > 2:
        return "failing"
    quiet, gap = between(account["last_post"], stamp(now)), account["usual_gap"]
    if quiet is not None and gap and quiet > max(SILENT_FACTOR * gap, timedelta(days=1).total_seconds()):
        return "silent"
    return ""


def pulse(log: Reading) -> str:
    """A word that changes whenever a page would show something else."""
    row = log.ask(
        "SELECT (SELECT MAX(id) FROM posts) AS p, (SELECT MAX(updated_at) FROM contacts) AS c, (SELECT MAX(id) FROM attempts) AS t,"
        " (SELECT MAX(id) FROM alerts) AS a, (SELECT MAX(id) FROM acts) AS x, (SELECT MAX(act) FROM acts_applied) AS y,"
        " (SELECT MAX(value) FROM meta WHERE key = 'heartbeat') AS h"
    )[0]
    return "-".join(str(value or 0) for value in row.values())


def of_post(log: Reading, keys: Iterable[str]) -> dict[str, Row]:
    """The newest label of each post that has one: its value, `who`, `at`, `act`."""
    found = log.ask(
        "SELECT target, value, who, at, id AS act FROM acts WHERE kind = 'label' AND target IN (SELECT value FROM json_each(?)) ORDER BY id",
        [json.dumps(list(keys))],
    )
    newest = {row["target"]: row for row in found if isinstance(row["value"], dict)}
    return {post: row for post, row in newest.items() if row["value"].get("verdict") in ("right", "wrong", "not_news")}


def finding_of(revisions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The current finding of the newest revision that has one."""
    for revision in reversed(revisions):
        for finding in revision["findings"]:
            if finding["current"]:
                return finding  # type: ignore[no-any-return]
    return None
