"""The shipped directory of official accounts: where presidencies, governments, ministries and embassies post.

Every entry is unverified until `check --online` has seen the account: handles come and go, and some pass to strangers.
`doubtful` entries rest on one weak source or on plausibility alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from monitor.leaders.registry import Registry
from monitor.model import Kind, Office

FILE = Path(__file__).parent / "data" / "accounts.jsonl"

KINDS: tuple[Kind, ...] = (
    "leader", "presidency", "royal_house", "pm_office", "government", "foreign_ministry", "minister", "press_office", "mission",
    "organisation", "media", "other",
)  # fmt: skip
"""In the order in which `find` lists them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One account of the directory. For feeds the handle is the address."""

    source: str  # bluesky, x, mastodon, feed, telegram
    handle: str
    country: str
    kind: Kind
    office: Office
    name: str
    id: str | None = None
    verified: bool = False
    doubtful: bool = False
    holder: str | None = None  # slug, for a person's own account


def find(country: str, registry: Registry | None = None, on: date | None = None) -> tuple[Entry, ...]:
    """The accounts of a country or organisation, by kind. With a registry, the own accounts of who is in office on that day too."""
    entries = list(_by_country().get(country, ()))
    if registry is not None and on is not None:
        known = {(entry.source, entry.handle.casefold()) for entry in entries}
        seen: set[str] = set()
        for term in registry.holders(country, on):
            for handle in registry[term.slug].handles if term.slug not in seen else ():
                source = "bluesky" if "." in handle else "x"
                if (source, handle.casefold()) not in known:
                    entries.append(
                        Entry(source, handle, country, "leader", term.office, f"{term.name}, {term.title}", holder=term.slug)
                    )
            seen.add(term.slug)
    return tuple(sorted(entries, key=lambda entry: KINDS.index(entry.kind)))


def countries() -> tuple[str, ...]:
    """Codes of the countries and organisations that the directory covers."""
    return tuple(sorted(_by_country()))


@cache
def institutions() -> Mapping[str, Entry]:
    """Accounts of offices on X by handle, casefolded: whom a post means that says "with @PMOIndia". No missions and no media."""
    return {
        entry.handle.casefold(): entry
        for entries in _by_country().values()
        for entry in entries
        if entry.source == "x" and entry.office not in ("none", "ambassador")
    }


@cache
def _by_country() -> Mapping[str, tuple[Entry, ...]]:
    table: dict[str, list[Entry]] = {}
    with FILE.open(encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if "handle" in row:
                entry = Entry(**row)
                table.setdefault(entry.country, []).append(entry)
    return {country: tuple(entries) for country, entries in table.items()}
