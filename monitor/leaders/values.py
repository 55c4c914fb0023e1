"""The registry's values: a person, and a person's time in one office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from monitor.model import Office

TermStatus = Literal["current", "unconfirmed", "former"]

OFFICES: tuple[Office, ...] = get_args(Office)
STATUSES: tuple[TermStatus, ...] = get_args(TermStatus)

SENIORITY: tuple[Office, ...] = (
    "head_of_state", "monarch", "head_of_government", "crown_prince", "org_head", "deputy", "foreign_minister",
    "minister", "ambassador", "none",
)  # fmt: skip
"""Offices from the most to the least senior: which one `Registry.term` names for a person who holds several."""

SINGLE: tuple[Office, ...] = ("head_of_state", "head_of_government", "foreign_minister", "monarch", "crown_prince")
"""Offices that one person holds in a country, but for co-presidents and the like."""

RANK: dict[Office, int] = {office: rank for rank, office in enumerate(SENIORITY)}

UNCONFIRMED_FOR = timedelta(days=3 * 365)
"""How long after it was last seen an unconfirmed term still counts as held: longer than most foreign ministers serve."""


@dataclass(frozen=True, slots=True)
class Term:
    """One person in one office. `end` is the first day out of office; None: open, or not known.

    `status` is what the sources said on the registry's `as_of` day: `unconfirmed` is an open term that no recent source
    confirms. `seen` is the last day on which a source still named the person, for unconfirmed terms.
    """

    slug: str
    name: str
    country: str  # ISO 3166 alpha-2, or EU, UN, NATO, AFRICAN_UNION, …
    office: Office
    title: str
    start: date | None
    end: date | None
    status: TermStatus
    seen: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the person holds the office on that day, as far as is known. An unconfirmed term holds for a while."""
        if self.start is not None and on < self.start:
            return False
        if self.end is not None:
            return on < self.end
        return self.status == "current" or (
            self.status == "unconfirmed" and (self.seen is None or on <= self.seen + UNCONFIRMED_FOR)
        )

    def sure(self, on: date) -> bool:
        """Whether the person holds the office on that day and a source says so."""
        if not self.holds(on):
            return False
        return self.status != "unconfirmed" or (self.seen is not None and on <= self.seen)

    @property
    def acting(self) -> bool:
        """Whether the person stands in for a regular holder, by the title."""
        return self.title.lower().startswith(("acting ", "interim ", "caretaker ", "transitional "))


@dataclass(frozen=True, slots=True)
class Leader:
    """One person. Names are in their base forms; inflection is the matcher's part."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()  # other names that mean this person alone: native scripts, usual short names
    ambiguous: tuple[str, ...] = ()  # names that need a title, a country or other context
    handles: tuple[str, ...] = ()  # on X or Bluesky, without @
    terms: tuple[Term, ...] = ()  # by start
    wikidata: str | None = None  # Q-id, for `leaders refresh`
