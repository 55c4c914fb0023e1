"""Accounts as rows: what is configured, whose identity is pinned, whose posts are held."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from monitor.model import Account, Identity
from monitor.store.codec import stamp
from monitor.store.search import clean


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What the log knows of an account beyond its configuration."""

    id: int
    key: str
    pin: str | None  # the platform's own id; None until configured or first seen
    pinned_by: str | None  # config, first_seen
    held: str | None  # why its posts are held
    seen_id: str | None
    seen_handle: str | None
    display_name: str | None
    active: bool
    polled: bool  # a poll of it went well: its baseline is stored


_CONFIGURED = "source, handle, country, kind, office, holder, timezone, every, tier, active"


def sync(db: Database, accounts: Sequence[Account], now: datetime) -> Mapping[str, AccountRow]:
    """Make the rows say what the configuration says; accounts that left it stay, inactive. Returns all active rows by key.

    A configured id is the pin. A newly configured one is the operator's word: it ends a hold, and posts by it are released.
    """
    at = stamp(now)
    known = {row["key"]: row for row in db.execute("SELECT * FROM accounts")}
    for account in accounts:
        row = known.get(account.key)
        if row is None:
            _add(db, account, at, active=True)
        elif _configured(account, active=True) != [row[name] for name in _CONFIGURED.split(", ")]:
            values = [*_configured(account, active=True), at, row["id"]]
            db.execute(f"UPDATE accounts SET ({_CONFIGURED}, updated_at) = ({_marks(11)}) WHERE id = ?", values)
        if row is not None and account.id is not None and account.id != row["pin"]:
            db.execute(
                "UPDATE accounts SET pin = ?, pinned_by = 'config', held = NULL, updated_at = ? WHERE id = ?",
                [account.id, at, row["id"]],
            )
            db.execute(
                "UPDATE posts SET held = NULL WHERE account = ? AND held IS NOT NULL AND author_id = ?", [row["id"], account.id]
            )
    keys = {account.key for account in accounts}
    for row in known.values():
        if row["active"] and row["key"] not in keys:
            db.execute("UPDATE accounts SET active = 0, updated_at = ? WHERE id = ?", [at, row["id"]])
    return rows(db)


def rows(db: Database) -> Mapping[str, AccountRow]:
    found = db.execute("SELECT * FROM accounts WHERE active = 1")
    return {row["key"]: _row(row) for row in found}


def _row(row: sqlite3.Row) -> AccountRow:
    return AccountRow(
        id=row["id"],
        key=row["key"],
        pin=row["pin"],
        pinned_by=row["pinned_by"],
        held=row["held"],
        seen_id=row["seen_id"],
        seen_handle=row["seen_handle"],
        display_name=row["display_name"],
        active=bool(row["active"]),
        polled=row["polled_at"] is not None,
    )


def _configured(account: Account, *, active: bool) -> list[Any]:
    return [
        account.source,
        account.handle,
        account.country,
        account.kind,
        account.office,
        account.holder,
        account.timezone,
        float(account.every),
        account.tier,
        int(active),
    ]


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _add(db: Database, account: Account, at: str, *, active: bool) -> None:
    pinned_by = None if account.id is None else "config"
    db.execute(
        f"INSERT INTO accounts (key, {_CONFIGURED}, pin, pinned_by, added_at, updated_at) VALUES ({_marks(15)})",
        [account.key, *_configured(account, active=active), account.id, pinned_by, at, at],
    )


def find(db: Database, key: str, at: str) -> sqlite3.Row:
    """The account's row; made, inactive, where a source hands over a post of an account that nobody configured."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM accounts WHERE key = ?", [key]).fetchone()
    if row is None:
        source, _, handle = key.partition(":")
        _add(db, Account(source=source, handle=handle), at, active=False)
        row = db.execute("SELECT * FROM accounts WHERE key = ?", [key]).fetchone()
    assert row is not None
    return row


def identify(db: Database, row: sqlite3.Row, identity: Identity, at: str) -> str | None:
    """Note who the platform says the account is now. Returns why its posts are held from now on; None: they are not.

    The first identity seen is the pin where none is configured. A different id than the pin holds the account; the
    pinned one again ends that, and releases the posts that it wrote itself.
    """
    seen = (
        clean(identity.id),
        clean(identity.handle),
        clean(identity.display_name),
        _flag(identity.verified),
        int(identity.domain_handle),
    )
    held: str | None = None
    if row["pin"] is None:
        db.execute("UPDATE accounts SET pin = ?, pinned_by = 'first_seen' WHERE id = ?", [seen[0], row["id"]])
    elif row["pin"] != seen[0]:
        held = f"identity changed: {seen[1]} is now {seen[0]}, pinned is {row['pin']}"
    if (
        seen != tuple(row[name] for name in ("seen_id", "seen_handle", "display_name", "verified", "domain_handle"))
        or held != row["held"]
    ):
        db.execute(
            "UPDATE accounts SET (seen_id, seen_handle, display_name, verified, domain_handle, held, updated_at)"
            " = (?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
            [*seen, held, at, row["id"]],
        )
        if held is None and row["held"] is not None:
            db.execute(
                "UPDATE posts SET held = NULL WHERE account = ? AND held IS NOT NULL AND author_id = ?", [row["id"], row["pin"]]
            )
    return held


def pin(db: Database, row: sqlite3.Row, identity: str) -> None:
    db.execute("UPDATE accounts SET pin = ?, pinned_by = 'first_seen' WHERE id = ? AND pin IS NULL", [identity, row["id"]])


def hold(db: Database, key: str, why: str, now: datetime) -> None:
    """Keep the account's posts from triage, those that wait for it included, until it is released."""
    row = find(db, key, stamp(now))
    db.execute("UPDATE accounts SET held = ?, updated_at = ? WHERE id = ?", [clean(why), stamp(now), row["id"]])
    db.execute(
        "UPDATE posts SET held = ? WHERE held IS NULL AND id IN (SELECT r.post FROM untriaged q JOIN revisions r ON r.id = q.revision"
        " JOIN posts p ON p.id = r.post WHERE p.account = ?)",
        [clean(why), row["id"]],
    )


def release(db: Database, key: str, now: datetime) -> int:
    """The operator's word that the account is who it should be: its pin becomes the identity seen last, its posts are
    triaged. Returns how many posts were held.
    """
    row = find(db, key, stamp(now))
    db.execute(
        "UPDATE accounts SET held = NULL, pin = COALESCE(seen_id, pin), updated_at = ? WHERE id = ?",
        [stamp(now), row["id"]],
    )
    return int(db.execute("UPDATE posts SET held = NULL WHERE account = ? AND held IS NOT NULL", [row["id"]]).rowcount)


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)
