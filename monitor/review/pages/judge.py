"""The judging queue: flags, near misses, and random posts that were not flagged, with what each of those stands for."""

# ruff: noqa: S608  what is put together is written in this package; values are always bound

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.review.desk import Answer, Ask, Row
from monitor.review.labels import UNJUDGED
from monitor.review.render import render
from monitor.store.codec import stamp

QUEUES = {
    "flags": ("Flags", "flagged", "f.flagged = 1"),
    "low": ("Unsure flags", "flagged", "f.flagged = 1 AND f.confidence < 0.8"),
    "near": ("Near misses", "near", "f.near = 1"),
    "random": ("Random, not flagged", "random", ""),
}
"""Title, the stratum of its labels, which findings."""

BATCH, DAYS = 40, 30
DRAWS = 6
"""Draws a wanted random post: those that hit a flag, a gap or a judged post are drawn again."""


def judge(ask: Ask) -> Answer:
    """`/judge?queue=flags&account=…&days=30`"""
    queue = ask.arg("queue", "flags")
    queue = queue if queue in QUEUES else "flags"
    days, account = ask.number("days", DAYS, 1, 3650), ask.arg("account")
    since = stamp(ask.now - timedelta(days=days))
    posts = random_posts(ask, since) if queue == "random" else queued(ask, QUEUES[queue][2], since, account)
    return render(ask, "judge.html", queue=queue, queues=QUEUES, stratum=QUEUES[queue][1], posts=posts, days=days, account=account)


def queued(ask: Ask, condition: str, since: str, account: str) -> list[Row]:
    """Findings of that kind that nobody has judged, newest first, those a person was unsure of included."""
    return _dressed(ask.log.ask(
        "SELECT p.id, p.key AS post, p.url, p.seen_at, p.deleted_at, a.key AS account, a.country, a.kind, r.id AS revision_id, f.id AS finding"
        " FROM findings f CROSS JOIN revisions r ON r.id = f.revision CROSS JOIN posts p ON p.id = r.post AND p.newest = r.id"
        f" CROSS JOIN accounts a ON a.id = p.account WHERE f.made_at >= ? AND f.current = 1 AND {condition}"
        f" AND (? = '' OR a.key = ?) AND {UNJUDGED} AND r.deleted = 0 AND r.tidied_at IS NULL ORDER BY f.made_at DESC LIMIT ?",
        [since, account, account, BATCH],
    ), ask, 1.0)  # fmt: skip


def random_posts(ask: Ask, since: str) -> list[Row]:
    """Unflagged posts drawn evenly from the window; each carries its weight, the posts in the window by those drawn."""
    bounds = ask.log.ask("SELECT (SELECT id FROM posts WHERE seen_at >= ? ORDER BY seen_at LIMIT 1) AS low, MAX(id) AS high FROM posts", [since])[0]
    if bounds["low"] is None:
        return []
    population = ask.log.ask("SELECT COALESCE(SUM(posts - flagged), 0) AS n FROM daily WHERE day >= ?", [since[:10]])[0]["n"]
    span = range(bounds["low"], bounds["high"] + 1)
    drawn = ask.desk.chance.sample(span, min(len(span), BATCH * DRAWS))
    rows = ask.log.ask(
        "SELECT p.id, p.key AS post, p.url, p.seen_at, p.deleted_at, a.key AS account, a.country, a.kind, r.id AS revision_id, f.id AS finding"
        " FROM posts p JOIN accounts a ON a.id = p.account JOIN revisions r ON r.id = p.newest"
        " JOIN findings f ON f.revision = r.id AND f.current = 1"
        " WHERE p.id IN (SELECT value FROM json_each(?)) AND p.flagged = 0 AND p.held IS NULL AND r.deleted = 0 AND r.tidied_at IS NULL"
        f" AND p.seen_at >= ? AND {UNJUDGED}",
        [f"[{','.join(map(str, drawn))}]", since],
    )
    place = {post: number for number, post in enumerate(drawn)}
    rows = sorted(rows, key=lambda row: place[row["id"]])[:BATCH]  # SQLite gave them in order of id, not of the draw
    return _dressed(rows, ask, population / len(rows) if rows else 1.0)


def _dressed(rows: list[Row], ask: Ask, weight: float) -> list[dict[str, Any]]:
    """With the revision and finding of each."""
    for row in rows:
        row["revision"] = ask.log.ask("SELECT * FROM revisions WHERE id = ?", [row.pop("revision_id")])[0]
        found = ask.log.ask("SELECT *, contacts AS contacts_json FROM findings WHERE id = ?", [row["finding"]])[0]
        row["finding"], row["weight"] = found, round(weight, 4)
    return rows
