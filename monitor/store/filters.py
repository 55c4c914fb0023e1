"""What a list of the log may be narrowed by, and the SQL of it."""

# ruff: noqa: S608  what is put together is written in this file; values are always bound

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from monitor.store.codec import stamp
from monitor.store.errors import StoreError
from monitor.store.search import clean, fold, match_query

Listing = Literal["contacts", "posts", "alerts", "attempts"]


LATER = timedelta(days=7)
"""A contact's further posts come within this time of its first word."""

END_OF_TIME = "9999"


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is given must hold. `since` and `until` (exclusive) are of the list's own time: first word, seen, written, tried."""

    leader: str | None = None  # slug, part of one, or name
    country: str | None = None  # of a party; for posts: of a party or of the account
    account: str | None = None  # key, or handle alone
    contact: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    flagged: bool | None = None
    near: bool | None = None  # near misses
    kind: str | None = None  # of an alert
    channel: str | None = None
    result: str | None = None  # of an attempt
    mode: str | None = None
    status: str | None = None
    readout: str | None = None
    origin: str | None = None
    text: str | None = None  # words that a post must hold; for contacts: one of the newest 2,000 of their posts that hold them


_PARTY = "SELECT contact FROM contact_parties WHERE {}"
_LEADER = "leader = :leader OR '-' || leader || '-' LIKE :leader_like ESCAPE '!' OR name = :leader OR party = :leader_folded"
_OF_ACCOUNT = (
    "SELECT {} FROM contact_posts cp JOIN posts p ON p.id = cp.post JOIN accounts a ON a.id = p.account"
    " WHERE a.key = :account OR a.handle = :account"
)
_TOLD = (  # newest first, so that a word that is in every post costs no more than a rare one
    "SELECT cp.contact FROM posts_search s CROSS JOIN contact_posts cp ON cp.post = s.rowid WHERE s.posts_search MATCH :text"
    " AND s.rowid <= COALESCE((SELECT id FROM posts WHERE seen_at < :text_until ORDER BY seen_at DESC LIMIT 1), 0)"
    " ORDER BY s.rowid DESC LIMIT 2000"
)

_CONDITIONS: Final[Mapping[Listing, Mapping[str, str]]] = {
    "contacts": {
        "leader": f"contact IN ({_PARTY.format(_LEADER)})",
        "country": f"contact IN ({_PARTY.format('country = :country')})",
        "account": f"contact IN ({_OF_ACCOUNT.format('cp.contact')})",
        "contact": "contact = :contact",
        "since": "opened_at >= :since",
        "until": "opened_at < :until",
        "kind": "contact IN (SELECT contact FROM alerts WHERE kind = :kind)",
        "channel": "contact IN (SELECT contact FROM deliveries WHERE channel = :channel)",
        "mode": "mode = :mode",
        "status": "status = :status",
        "readout": "readout = :readout",
        "origin": "origin = :origin",
        "text": f"contact IN ({_TOLD})",
    },
    "posts": {
        "leader": f"id IN (SELECT post FROM contact_posts WHERE contact IN ({_PARTY.format(_LEADER)}))",
        "country": f"(country = :country OR id IN (SELECT post FROM contact_posts WHERE contact IN ({_PARTY.format('country = :country')})))",
        "account": "account IN (SELECT a.key FROM accounts a WHERE a.key = :account OR a.handle = :account)",
        "contact": "id IN (SELECT post FROM contact_posts WHERE contact = :contact)",
        "since": "seen_at >= :since",
        "until": "seen_at < :until",
        "flagged": "flagged = :flagged",
        "near": "near = :near AND id IN (SELECT r.post FROM findings f JOIN revisions r ON r.id = f.revision WHERE f.near = 1)",
        "not_near": "COALESCE(near, 0) = :near",
        "origin": "origin = :origin",
        "text": "s.posts_search MATCH :text",
    },
    "alerts": {
        "leader": f"contact IN ({_PARTY.format(_LEADER)})",
        "country": f"contact IN ({_PARTY.format('country = :country')})",
        "account": "account IN (SELECT a.key FROM accounts a WHERE a.key = :account OR a.handle = :account)",
        "contact": "contact = :contact",
        "since": "created_at >= :since",
        "until": "created_at < :until",
        "kind": "kind = :kind",
        "channel": "alert IN (SELECT d.alert FROM deliveries d WHERE d.channel = :channel)",
    },
    "attempts": {
        "leader": f"contact IN ({_PARTY.format(_LEADER)})",
        "country": f"contact IN ({_PARTY.format('country = :country')})",
        "contact": "contact = :contact",
        "since": "started_at >= :since",
        "until": "started_at < :until",
        "kind": "kind = :kind",
        "channel": "channel = :channel",
        "result": "result = :result",
    },
}


def where(listing: Listing, wanted: Filter) -> tuple[str, dict[str, Any]]:
    """A WHERE clause (" WHERE …" or "") and its values. Raises StoreError for what this list cannot be narrowed by."""
    known = _CONDITIONS[listing]
    conditions, values = [], dict[str, Any]()
    if listing == "contacts" and wanted.contact is None:
        conditions.append("merged_into IS NULL")
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if value is None:
            continue
        if field.name not in known:
            raise StoreError(f"The log of {listing} cannot be narrowed by {field.name}; it can by {', '.join(known)}.")
        conditions.append(f"({known.get(f'not_{field.name}' if value is False else '', known[field.name])})")
        values |= _values(field.name, value)
        if listing == "contacts" and field.name == "text":
            values["text_until"] = stamp(wanted.until + LATER) if wanted.until else END_OF_TIME
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), values


def _values(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, datetime):
        return {name: stamp(value)}
    if isinstance(value, bool):
        return {name: int(value)}
    text = clean(str(value))
    if name == "text":
        query = match_query(text)
        if query is None:
            raise StoreError(f"There is no word to look for in {text!r}. Give at least one letter or digit.")
        return {name: query}
    if name == "leader":
        slug = "-".join(fold(text).split())
        like = slug.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        return {"leader": text, "leader_folded": fold(text), "leader_like": f"%-{like}-%"}
    return {name: text.upper() if name == "country" else text}
