"""The whole story of one contact, and of one post: what came in, what was found, what was told, what became of it."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

import sqlite3
from typing import Any

from sqlite_utils import Database

from monitor.store.codec import loads
from monitor.store.errors import StoreError

Row = dict[str, Any]

_TRUTHS = frozenset(
    {
        "flagged", "near", "deleted", "urgent", "active", "verified", "domain_handle", "lapsed", "retracted", "possible_repeat",
        "current", "polled",
    }
)  # fmt: skip
_JSON = frozenset({"contacts_json", "evidence", "message", "payload", "value"})


def plain(row: sqlite3.Row) -> Row:
    """A row as values that JSON has: yes and no as booleans, JSON columns read."""
    shown: Row = {}
    for name in row.keys():  # noqa: SIM118  a sqlite3.Row iterates over its values
        value = row[name]
        if name in _TRUTHS and value is not None:
            value = bool(value)
        elif name in _JSON and value is not None:
            value = loads(value)
        shown[name.removesuffix("_json")] = value
    return shown


def rows(db: Database, sql: str, values: Any = ()) -> list[Row]:
    return [plain(row) for row in db.execute(sql, values)]


def contact(db: Database, contact_id: str) -> Row:
    """The contact that this id, or the one start of ids that it is, stands for; a merged one leads to what it became.

    Keys: those of v_contacts, `parties`, `merged` (ids that led here), `posts` (each with `revisions`, each of those with its
    `findings`), `alerts` (each with `message` and `deliveries`, each of those with its `attempts`), `acts`.
    """
    found = _resolve(db, contact_id)
    story = rows(db, "SELECT * FROM v_contacts WHERE contact = ?", [found])[0]
    story["parties"] = rows(
        db, "SELECT name, country, leader, office, party FROM contact_parties WHERE contact = ? ORDER BY number", [found]
    )
    story["merged"] = [
        row["id"] for row in db.execute("SELECT id FROM contacts WHERE merged_into = ? ORDER BY opened_at", [found])
    ]
    story["posts"] = rows(
        db,
        "SELECT cp.post AS id, cp.relation, cp.form, cp.side, cp.at, v.post, v.account, v.country, v.kind, v.created_at, v.seen_at,"
        " v.seen_after, v.url, v.deleted_at, v.origin, v.author_id, v.author_handle, cp.revision AS said_in"
        " FROM contact_posts cp JOIN v_posts v ON v.id = cp.post WHERE cp.contact = ? ORDER BY v.seen_at, cp.number",
        [found],
    )
    for shown in story["posts"]:
        shown["revisions"] = _revisions(db, shown.pop("id"))
    story["alerts"] = _alerts(db, "contact = ?", found)
    story["acts"] = rows(db, "SELECT * FROM v_acts WHERE target = ? ORDER BY act", [found])
    return story


def _resolve(db: Database, contact_id: str) -> str:
    row = db.execute("SELECT id, merged_into FROM contacts WHERE id = ?", [contact_id]).fetchone()
    if row is None:
        # A range, not LIKE: an id is no pattern.
        found = db.execute(
            "SELECT id, merged_into FROM contacts WHERE id >= ? AND id < ? ORDER BY id LIMIT 6",
            [contact_id, contact_id + "\U0010ffff"],
        ).fetchall()
        if not found or not contact_id:
            raise StoreError(f"There is no contact {contact_id!r}. `hotline log` lists them.")
        if len(found) > 1:
            raise StoreError(f"{contact_id!r} may be {', '.join(row['id'] for row in found[:5])}. Give more of the id.")
        row = found[0]
    seen = {row["id"]}
    while row["merged_into"] is not None and row["merged_into"] not in seen:
        row = db.execute("SELECT id, merged_into FROM contacts WHERE id = ?", [row["merged_into"]]).fetchone()
        seen.add(row["id"])
    return str(row["id"])


def post(db: Database, key: str) -> Row:
    """One post by its key or its address: v_posts, its `revisions` with `findings`, `contacts` (ids) and the `alerts` it caused."""
    row = db.execute("SELECT id FROM posts WHERE key = ?", [key]).fetchone()
    row = row or db.execute("SELECT id FROM posts WHERE url = ? ORDER BY id DESC", [key]).fetchone()
    if row is None:
        raise StoreError(f"There is no post {key!r} in the log. `hotline log posts` lists them.")
    story = rows(db, "SELECT * FROM v_posts WHERE id = ?", [row["id"]])[0]
    story["revisions"] = _revisions(db, row["id"])
    found = db.execute("SELECT DISTINCT contact FROM contact_posts WHERE post = ? ORDER BY contact", [row["id"]])
    story["contacts"] = [shown["contact"] for shown in found]
    story["alerts"] = _alerts(db, "revision IN (SELECT r.id FROM revisions r WHERE r.post = ?)", row["id"])
    story["waits"] = [
        shown["error"] or "in the queue"
        for shown in db.execute(
            "SELECT q.error FROM untriaged q JOIN revisions r ON r.id = q.revision WHERE r.post = ? ORDER BY q.revision",
            [row["id"]],
        )
    ]
    return story


def _revisions(db: Database, post_id: int) -> list[Row]:
    found = rows(
        db,
        "SELECT id, number, version, deleted, lang, title, text, quote, card, alt, parent, seen_at, tidied_at FROM revisions"
        " WHERE post = ? ORDER BY number",
        [post_id],
    )
    for revision in found:
        revision["findings"] = rows(
            db,
            "SELECT matcher, current, flagged, near, confidence, reason, form, lang, contacts AS contacts_json, evidence, made_at"
            " FROM findings WHERE revision = ? ORDER BY id",
            [revision["id"]],
        )
    return found


def _alerts(db: Database, condition: str, value: Any) -> list[Row]:
    found = rows(
        db,
        "SELECT id AS alert, kind, contact, reason, headline, urgent, message, revision, created_at FROM alerts"
        f" WHERE {condition} ORDER BY id",
        [value],
    )
    for alert in found:
        alert["deliveries"] = rows(
            db,
            "SELECT id AS delivery, channel, state, reason, attempts AS tries, due_at, next_at, sent_at, possible_repeat, provider_id,"
            " provider_thread, payload, told_by FROM deliveries WHERE alert = ? ORDER BY id",
            [alert["alert"]],
        )
        for delivery in alert["deliveries"]:
            delivery["attempts"] = rows(
                db,
                "SELECT number, started_at, ended_at, result, detail FROM attempts WHERE delivery = ? ORDER BY number",
                [delivery["delivery"]],
            )
    return found
