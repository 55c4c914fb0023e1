"""T1: a page of posts, its cursors and identities in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from monitor.model import Page, PartName, Post
from monitor.store import accounts
from monitor.store.codec import stamp
from monitor.store.search import clean, fold

PART_COLUMNS: tuple[PartName, ...] = ("title", "text", "quote", "card", "alt", "parent")
_SEARCHED: tuple[PartName, ...] = ("title", "text", "quote", "card", "alt")  # a parent is a post of its own


@dataclass(frozen=True, slots=True)
class Saved:
    """What a page changed. `held` are posts stored but kept from triage, `identity_changed` accounts with the reason."""

    new_posts: int = 0
    new_revisions: int = 0  # of posts that were there: edits
    tombstones: int = 0
    held: int = 0
    foreign: tuple[str, ...] = ()  # post keys that another account claimed; ignored
    identity_changed: tuple[tuple[str, str], ...] = ()  # account key, why its posts are held

    @property
    def anything(self) -> bool:
        """Whether triage has something to do."""
        return self.new_posts + self.new_revisions + self.tombstones > self.held


@dataclass(slots=True)
class _Progress:
    """Where the writing of one page has got to."""

    at: str
    origin: str
    rows: dict[str, sqlite3.Row] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    daily: Counter[tuple[str, int]] = field(default_factory=Counter)
    foreign: list[str] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)


def cursors(db: Database, source: str) -> dict[str, str]:
    return {row["key"]: row["value"] for row in db.execute("SELECT key, value FROM cursors WHERE source = ?", [source])}


def known(db: Database, account: str, limit: int) -> set[tuple[str, str]]:
    """(post key, version) of the account's newest posts, with every revision of each."""
    found = db.execute(
        "SELECT newest.key, r.version FROM (SELECT p.id, p.key FROM posts p JOIN accounts a ON a.id = p.account WHERE a.key = ?"
        " ORDER BY p.seen_at DESC LIMIT ?) newest JOIN revisions r ON r.post = newest.id",
        [account, limit],
    )
    return {(row[0], row[1]) for row in found}


def save(db: Database, page: Page, now: datetime) -> Saved:
    """Write a page; the caller holds the transaction. What is there already (post key and version) changes nothing.

    A post is held when its account is, or when its author is not the account's pinned identity.
    """
    progress = _Progress(at=stamp(now), origin="backfill" if page.backfill else "live")
    for key, identity in page.identities.items():
        row = accounts.find(db, key, progress.at)
        held = accounts.identify(db, row, identity, progress.at)
        if held is not None and held != row["held"]:
            progress.changed.append((key, held))
    for post in page.posts:
        _save_post(db, post, progress, baseline=post.account in page.baseline)
    for (day, account), count in progress.daily.items():
        db.execute(
            "INSERT INTO daily (day, account, posts) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET posts = posts + excluded.posts",
            [day, account, count],
        )
    _save_cursors(db, page, progress.at)
    for key, outcome in page.outcomes.items():
        if outcome.fine:
            db.execute("UPDATE accounts SET polled_at = ? WHERE key = ? AND polled_at IS NULL", [progress.at, key])
    counts = progress.counts
    return Saved(
        counts["posts"],
        counts["revisions"],
        counts["tombstones"],
        counts["held"],
        tuple(progress.foreign),
        tuple(progress.changed),
    )


def _save_cursors(db: Database, page: Page, at: str) -> None:
    source = page.source
    for key, value in page.cursors.items():
        if value is None:
            db.execute("DELETE FROM cursors WHERE source = ? AND key = ?", [source, clean(key)])
        else:
            db.execute(
                "INSERT INTO cursors (source, key, value, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET value = excluded.value, updated_at = excluded.updated_at WHERE value <> excluded.value",
                [source, clean(key), clean(value), at],
            )


def _account(db: Database, key: str, progress: _Progress) -> sqlite3.Row:
    if key not in progress.rows:
        progress.rows[key] = accounts.find(db, key, progress.at)
    return progress.rows[key]


def _save_post(db: Database, post: Post, progress: _Progress, *, baseline: bool) -> None:
    account = _account(db, post.account, progress)
    key, version = clean(post.key), clean(post.version)
    row = db.execute(
        "SELECT id, account, author_id, revision, deleted_at, held, seen_at FROM posts WHERE key = ?", [key]
    ).fetchone()
    if row is None:
        if not post.deleted:  # of a post that was never seen there is nothing to bury
            _insert_post(db, post, key, version, account, progress, baseline=baseline)
        return
    if not _same_author(db, post, row, account):
        progress.foreign.append(key)
        return
    if post.deleted and row["deleted_at"] is not None:
        return
    if db.execute("SELECT 1 FROM revisions WHERE post = ? AND version = ?", [row["id"], version]).fetchone():
        return
    number = row["revision"] + 1
    revision = _insert_revision(db, post, version, row["id"], number)
    db.execute(
        "UPDATE posts SET revision = ?, newest = ?, deleted_at = ?, held = COALESCE(held, ?), url = COALESCE(url, ?) WHERE id = ?",
        [number, revision, stamp(post.seen_at) if post.deleted else None, account["held"], _clean(post.url), row["id"]],
    )
    db.execute("DELETE FROM posts_search WHERE rowid = ?", [row["id"]])
    _index(db, post, row["id"])
    progress.counts["tombstones" if post.deleted else "revisions"] += 1
    progress.counts["held"] += (row["held"] or account["held"]) is not None


def _same_author(db: Database, post: Post, row: sqlite3.Row, account: sqlite3.Row) -> bool:
    """Whether a revision comes from the account that wrote the post; under a new handle it is the same if its id is."""
    if row["account"] == account["id"]:
        return post.author is None or row["author_id"] is None or post.author.id == row["author_id"]
    if post.author is not None and row["author_id"] is not None:
        return bool(post.author.id == row["author_id"])
    owner = db.execute("SELECT pin FROM accounts WHERE id = ?", [row["account"]]).fetchone()
    return bool(owner["pin"] is not None and owner["pin"] == account["pin"])


def _insert_post(
    db: Database, post: Post, key: str, version: str, account: sqlite3.Row, progress: _Progress, *, baseline: bool
) -> None:
    author = post.author
    held = account["held"]
    if author is not None:
        if account["pin"] is None:
            accounts.pin(db, account, clean(author.id))
            account = progress.rows[post.account] = accounts.find(db, post.account, progress.at)
        if clean(author.id) != account["pin"]:
            held = held or f"written by {clean(author.id)}, pinned is {account['pin']}"
    seen = stamp(post.seen_at)
    post_id = db.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM posts").fetchone()[0]
    revision = db.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM revisions").fetchone()[0]
    db.execute(
        "INSERT INTO posts (id, key, account, url, created_at, seen_at, author_id, author_handle, author_name, author_verified,"
        " author_domain, origin, held, newest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            post_id,
            key,
            account["id"],
            _clean(post.url),
            _created(post),
            seen,
            author and clean(author.id),
            author and clean(author.handle),
            author and clean(author.display_name),
            None if author is None or author.verified is None else int(author.verified),
            int(author is not None and author.domain_handle),
            "baseline" if baseline and progress.origin == "live" else progress.origin,
            held,
            revision,
        ],
    )
    _insert_revision(db, post, version, post_id, 1)
    _index(db, post, post_id)
    progress.daily[seen[:10], account["id"]] += 1
    progress.counts["posts"] += 1
    progress.counts["held"] += held is not None


def _insert_revision(db: Database, post: Post, version: str, post_id: int, number: int) -> int:
    parts = [None if post.deleted else _clean(post.parts.get(part)) for part in PART_COLUMNS]
    cursor = db.execute(
        "INSERT INTO revisions (post, number, version, deleted, lang, title, text, quote, card, alt, parent, raw, seen_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [post_id, number, version, int(post.deleted), _clean(post.lang), *parts, _clean(post.raw), stamp(post.seen_at)],
    )
    revision = cursor.lastrowid
    assert revision is not None
    db.execute("INSERT INTO untriaged (revision, late) SELECT ?, origin <> 'live' FROM posts WHERE id = ?", [revision, post_id])
    return revision


def _index(db: Database, post: Post, post_id: int) -> None:
    folded = "" if post.deleted else fold("\n".join(post.parts[part] for part in _SEARCHED if part in post.parts))
    if folded:
        db.execute("INSERT INTO posts_search (rowid, folded) VALUES (?, ?)", [post_id, folded])


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _created(post: Post) -> str | None:
    """The platform's own word, where it is a time at all: year 1 in a zone ahead of UTC is none."""
    try:
        return None if post.created_at is None else stamp(post.created_at)
    except (ValueError, OverflowError):
        return None
