"""T2: untriaged revisions, live ones first, in order of arrival; findings and what follows from them in one transaction."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from monitor.decision import Decide, DecideDue, Judged, Triaged, Work
from monitor.model import Account, Finding, Identity, Post
from monitor.store import decisions
from monitor.store.codec import claim_to, dumps, evidence_to, stamp, when, when_or_none
from monitor.store.database import savepoint
from monitor.store.pages import PART_COLUMNS
from monitor.store.reader import LogReader
from monitor.store.search import clean

log = logging.getLogger(__name__)

_WORK = """
SELECT q.revision, r.post, r.number, r.version, r.deleted, r.lang, r.title, r.text, r.quote, r.card, r.alt, r.parent, r.seen_at,
    p.key, p.url, p.created_at, p.origin, p.author_id, p.author_handle, p.author_name, p.author_verified, p.author_domain,
    a.key AS account, a.source, a.handle, a.country, a.kind, a.office, a.holder, a.timezone, a.every, a.tier, a.pin
FROM untriaged q JOIN revisions r ON r.id = q.revision JOIN posts p ON p.id = r.post JOIN accounts a ON a.id = p.account
"""


def pending(db: Database, limit: int) -> list[Work]:
    """The oldest revisions that wait, live ones before those of a baseline or backfill, however many these are.

    Not those of held posts, nor those set aside after an error.
    """
    found = db.execute(f"{_WORK} WHERE q.error IS NULL AND p.held IS NULL ORDER BY q.late, q.revision LIMIT ?", [limit])
    return [_work(row) for row in found]


def triage(db: Database, batch: Sequence[Judged], decide: Decide, now: datetime) -> Triaged:
    """Write findings and decisions; the caller holds the transaction.

    A decision that raises costs its own revision only: that is set aside with the error and tried again at the next start.
    """
    reader = LogReader(db)
    total = decisions.Written()
    failed, skipped = [], []
    flagged = done = 0
    for judged in batch:
        work = judged.work
        if not _still_waits(db, work.revision):
            skipped.append(work.revision)
            continue
        try:
            with savepoint(db):
                _write_finding(db, judged, now)
                if judged.finding.flagged or work.number > 1:
                    decision = decide(reader, work, judged.finding)
                    total.add(decisions.write(db, decision, now, work.revision))
                db.execute("DELETE FROM untriaged WHERE revision = ?", [work.revision])
        except Exception as error:
            if _of_the_file(error):
                raise  # nothing of the batch is written
            log.exception("triage of %s failed", work.post.key)
            why = f"{type(error).__name__}: {error}"
            db.execute("UPDATE untriaged SET error = ? WHERE revision = ?", [clean(why[:1000]), work.revision])
            failed.append((work.revision, why))
            continue
        done += 1
        flagged += judged.finding.flagged
    return Triaged(
        revisions=done,
        flagged=flagged,
        contacts=tuple(total.contacts),
        alerts=total.alerts,
        channels=frozenset(total.channels),
        failed=tuple(failed),
        skipped=tuple(skipped),
    )


def apply(db: Database, decide: DecideDue, now: datetime) -> Triaged:
    """Write what time or a person brings about; the caller holds the transaction."""
    written = decisions.write(db, decide(LogReader(db)), now)
    return Triaged(contacts=tuple(written.contacts), alerts=written.alerts, channels=frozenset(written.channels))


def retry_failed(db: Database) -> int:
    """Put revisions that were set aside back in the queue. Returns how many."""
    return int(db.execute("UPDATE untriaged SET error = NULL WHERE error IS NOT NULL").rowcount)


def _still_waits(db: Database, revision: int) -> bool:
    row = db.execute(
        "SELECT p.held FROM untriaged q JOIN revisions r ON r.id = q.revision JOIN posts p ON p.id = r.post WHERE q.revision = ?",
        [revision],
    ).fetchone()
    return row is not None and row["held"] is None


def _of_the_file(error: Exception) -> bool:
    """Whether it is about the disk or the database, and not about what was to be written."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _write_finding(db: Database, judged: Judged, now: datetime) -> None:
    finding, revision = judged.finding, judged.work.revision
    db.execute("UPDATE findings SET current = 0 WHERE revision = ? AND matcher <> ? AND current = 1", [revision, judged.matcher])
    db.execute(
        "INSERT INTO findings (revision, matcher, flagged, near, confidence, reason, form, lang, contacts, evidence, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (revision, matcher) DO UPDATE SET flagged = excluded.flagged,"
        " near = excluded.near, confidence = excluded.confidence, reason = excluded.reason, form = excluded.form,"
        " lang = excluded.lang, contacts = excluded.contacts, evidence = excluded.evidence, made_at = excluded.made_at, current = 1",
        [revision, judged.matcher, int(finding.flagged), int(judged.near), *_finding_values(finding), stamp(now)],
    )
    _count(db, judged)


def _finding_values(finding: Finding) -> list[Any]:
    return [
        float(finding.confidence),
        clean(finding.reason),
        finding.form,
        finding.lang,
        dumps([claim_to(claim) for claim in finding.contacts]),
        dumps(evidence_to(finding.evidence)),
    ]


def _count(db: Database, judged: Judged) -> None:
    """Keep the post's flag and the day's figure to its newest revision."""
    work, flagged = judged.work, int(judged.finding.flagged)
    row = db.execute("SELECT account, seen_at, flagged, newest FROM posts WHERE id = ?", [work.post_id]).fetchone()
    if row["newest"] != work.revision or row["flagged"] == flagged:
        return
    db.execute("UPDATE posts SET flagged = ? WHERE id = ?", [flagged, work.post_id])
    change = flagged - (row["flagged"] or 0)
    if change:
        db.execute(
            "INSERT INTO daily (day, account, flagged) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET flagged = flagged + excluded.flagged",
            [row["seen_at"][:10], row["account"], change],
        )


def _work(row: sqlite3.Row) -> Work:
    author = None
    if row["author_id"] is not None:
        verified = row["author_verified"]
        author = Identity(
            row["author_id"],
            row["author_handle"] or "",
            row["author_name"] or "",
            None if verified is None else bool(verified),
            bool(row["author_domain"]),
        )
    post = Post(
        key=row["key"],
        version=row["version"],
        account=row["account"],
        parts={part: row[part] for part in PART_COLUMNS if row[part] is not None},
        seen_at=when(row["seen_at"]),
        created_at=when_or_none(row["created_at"]),
        url=row["url"],
        lang=row["lang"],
        author=author,
        deleted=bool(row["deleted"]),
    )
    account = Account(
        source=row["source"],
        handle=row["handle"],
        id=row["pin"],
        country=row["country"],
        kind=row["kind"],
        office=row["office"],
        holder=row["holder"],
        timezone=row["timezone"],
        every=row["every"],
        tier=row["tier"],
    )
    return Work(row["revision"], row["post"], row["number"], post, account, row["origin"])
