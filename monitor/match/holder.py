"""Who speaks through an account on a day."""

from __future__ import annotations

from datetime import date
from weakref import WeakKeyDictionary

from monitor.leaders import Registry
from monitor.match.fold import fold_word
from monitor.model import Account, Holder, Kind, Office

LEADER_OFFICES = frozenset({"head_of_state", "head_of_government", "deputy", "foreign_minister", "monarch", "crown_prince", "org_head"})
_OFFICE_OF_KIND: dict[Kind, Office] = {
    "presidency": "head_of_state", "pm_office": "head_of_government", "foreign_ministry": "foreign_minister", "royal_house": "monarch",
}  # fmt: skip


def resolve(account: Account, registry: Registry, on: date) -> Holder:
    """The account's holder on that day: the configured `holder`, else whom the registry names for its country and office.

    An account of a leader's office without an `office` of its own speaks for that office (a presidency for the head of state).
    """
    office = account.office if account.office != "none" else _OFFICE_OF_KIND.get(account.kind, "none")
    if account.holder:
        slug = find_slug(account.holder, account.country, registry, on)
        return Holder(account.holder, account.country, office, account.kind, slug, account.timezone)
    if account.country and office in LEADER_OFFICES:
        for candidate in _stand_ins(office):
            term = registry.resolve(account.country, candidate, on)
            if term is not None:
                return Holder(term.name, account.country, office, account.kind, term.slug, account.timezone)
    return Holder(None, account.country, office, account.kind, None, account.timezone)


def _stand_ins(office: Office) -> tuple[Office, ...]:
    """Offices that may be recorded for the same post: a king is head of state, an executive president heads the government."""
    if office == "head_of_state":
        return ("head_of_state", "monarch")
    if office == "monarch":
        return ("monarch", "head_of_state")
    if office == "head_of_government":
        return ("head_of_government", "head_of_state")
    return (office,)


def find_slug(name: str, country: str | None, registry: Registry, on: date) -> str | None:
    """The slug of the person of that name: who holds an office there on that day first, then anyone of that country."""
    found = list(registry.by_name(name))
    if not found:
        words = fold_word(name).split()
        index = _ends(registry)
        found = list(index.get((words[0], words[-1]), ())) if words else []
    best: str | None = None
    rank = -1
    for slug in found:
        score = (2 if registry.term(slug, on) is not None else 0) + any(one.country == country for one in registry[slug].terms)
        if score > rank:
            best, rank = slug, score
    return best


_ENDS: WeakKeyDictionary[Registry, dict[tuple[str, str], list[str]]] = WeakKeyDictionary()


def _ends(registry: Registry) -> dict[tuple[str, str], list[str]]:
    """Slugs by first and last word of each name of several words, built once a registry."""
    found = _ENDS.get(registry)
    if found is None:
        found = {}
        for leader in registry:
            for name in (leader.name, *leader.aliases):
                words = fold_word(name).split()
                if len(words) > 1:
                    found.setdefault((words[0], words[-1]), []).append(leader.slug)
        _ENDS[registry] = found
    return found
