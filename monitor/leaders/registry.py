"""The registry: questions about leaders, each for a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from monitor.leaders.values import RANK, Leader, Term
from monitor.model import Office

EARLIEST = date.min


class Registry:
    """All leaders by slug. Immutable once built; safe to share between threads.

    `as_of` is the day of the newest source behind it: what happened later is unknown to it.
    """

    def __init__(self, leaders: Iterable[Leader], as_of: date) -> None:
        self.as_of = as_of
        self._leaders = {leader.slug: leader for leader in leaders}
        by_country: dict[str, list[Term]] = defaultdict(list)
        for leader in self._leaders.values():
            for term in leader.terms:
                by_country[term.country].append(term)
        self._by_country = {code: tuple(sorted(terms, key=_order)) for code, terms in by_country.items()}
        self._by_name: dict[str, tuple[str, ...]] | None = None
        self._by_handle: dict[str, str] | None = None

    def __getitem__(self, slug: str) -> Leader:
        """The leader of that slug; KeyError if there is none."""
        return self._leaders[slug]

    def __contains__(self, slug: object) -> bool:
        return slug in self._leaders

    def __iter__(self) -> Iterator[Leader]:
        return iter(self._leaders.values())

    def __len__(self) -> int:
        return len(self._leaders)

    def get(self, slug: str) -> Leader | None:
        return self._leaders.get(slug)

    def countries(self) -> Sequence[str]:
        """Codes of the countries and organisations that have terms, sorted."""
        return sorted(self._by_country)

    def names(self) -> Iterator[tuple[str, str, bool]]:
        """Every name of every leader as (name, slug, ambiguous), for a multi-pattern scan. No handles."""
        for leader in self._leaders.values():
            yield leader.name, leader.slug, False
            for alias in leader.aliases:
                yield alias, leader.slug, False
            for alias in leader.ambiguous:
                yield alias, leader.slug, True

    def handles(self) -> Iterator[tuple[str, str]]:
        """Every handle of every leader as (handle without @, slug)."""
        for leader in self._leaders.values():
            for handle in leader.handles:
                yield handle, leader.slug

    def by_name(self, name: str) -> tuple[str, ...]:
        """Slugs of all who go by that name, ambiguous or not; case does not matter. The caller tells them apart by date and context."""
        if self._by_name is None:
            found: dict[str, dict[str, None]] = defaultdict(dict)
            for alias, slug, _ in self.names():
                found[alias.casefold()][slug] = None
            self._by_name = {alias: tuple(slugs) for alias, slugs in found.items()}
        return self._by_name.get(name.casefold(), ())

    def by_handle(self, handle: str) -> str | None:
        """The slug of the person who posts under that handle, with or without @; case does not matter."""
        if self._by_handle is None:
            self._by_handle = {handle.casefold(): slug for handle, slug in self.handles()}
        return self._by_handle.get(handle.removeprefix("@").casefold())

    def term(self, slug: str, on: date) -> Term | None:
        """The most senior office that person holds on that day; None if the person is unknown, not yet or no longer in office."""
        leader = self._leaders.get(slug)
        held = [term for term in leader.terms if term.holds(on)] if leader else []
        return min(held, key=lambda term: RANK[term.office], default=None)

    def former(self, slug: str, on: date) -> Term | None:
        """The last office that person has left by that day, None if there is none."""
        leader = self._leaders.get(slug)
        past = [term for term in leader.terms if term.end is not None and term.end <= on] if leader else []
        return max(past, key=lambda term: (term.end or EARLIEST, -RANK[term.office]), default=None)

    def elect(self, slug: str, on: date) -> Term | None:
        """The next office that person will take up after that day, as far as the registry knows."""
        leader = self._leaders.get(slug)
        coming = [term for term in leader.terms if term.start is not None and term.start > on] if leader else []
        return min(coming, key=lambda term: (term.start or EARLIEST, RANK[term.office]), default=None)

    def holders(self, country: str, on: date, office: Office | None = None) -> tuple[Term, ...]:
        """Who holds what there on that day, the most senior first; only that office if given."""
        return tuple(
            term for term in self._by_country.get(country, ()) if (office is None or term.office == office) and term.holds(on)
        )

    def resolve(self, country: str, office: Office, on: date) -> Term | None:
        """The one holder of that office on that day; None if there is none, or several, or the sources are unsure."""
        holders = [term for term in self._by_country.get(country, ()) if term.office == office and term.holds(on)]
        if len({term.slug for term in holders}) != 1 or not any(term.sure(on) for term in holders):
            return None
        return holders[0]


def _order(term: Term) -> tuple[int, date]:
    return RANK[term.office], term.start or EARLIEST
