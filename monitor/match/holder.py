"""Who speaks through an account on a day."""

from __future__ import annotations

from datetime import date

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
        if words:
            found = [
                leader.slug for leader in registry
                if {words[0], words[-1]} <= set(fold_word(leader.name).split()) or " ".join(words) in map(fold_word, leader.aliases)
            ]  # fmt: skip
    best: str | None = None
    rank = -1
    for slug in found:
        term = registry.term(slug, on)
        terms = registry[slug].terms
        score = (2 if term is not None else 0) + (1 if any(one.country == country for one in terms) else 0)
        if score > rank:
            best, rank = slug, score
    return best
