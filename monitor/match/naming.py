"""Who a party is: the leader, office and country that its words mean on the post's day, and whether that makes it a leader."""

from __future__ import annotations

from datetime import date, timedelta

from monitor.leaders import Registry, Term
from monitor.match.fold import fold_word
from monitor.match.gazetteer import Gazetteer, consonants, skeleton
from monitor.match.party import LEADER_OFFICES, Party
from monitor.match.scan import Mark
from monitor.match.spelling import capital, cased_capital, opens
from monitor.match.tokens import CJK, TAG, WORD, Tokens
from monitor.model import Holder

SLACK = timedelta(days=150)
"""Dates of office are uncertain by months in places, and an elect is named before the first day."""


class Namer:
    """Tells who parties are, from the registry."""

    def __init__(self, registry: Registry, gazetteer: Gazetteer, people: frozenset[str]) -> None:
        self.registry = registry
        self.gazetteer = gazetteer
        self.people = people  # slugs of people below leader level that the user opted in to

    def finish(self, party: Party, tokens: Tokens, cover: dict[int, Mark], holder: Holder | None, on: date) -> None:
        home = holder.country if holder else None
        if all(mark.cls == "side" for mark in party.marks):
            abroad = [mark.data for mark in party.marks if mark.data != home]
            if len(party.marks) > 1 and abroad:  # 日米, 中欧: two countries told in one word
                party.kind, party.country = "sides", abroad[-1]
            return
        self._unknown_name(party, tokens, cover)
        if party.unknown is not None:
            party.name = tokens.original(*party.unknown).strip(" .,:;@#")
        if self._namesake(party, tokens, cover):
            party.kind = "lower" if party.title is None else ""
            party.slugs = ()
            if not party.kind:
                return
        if self._small(party, tokens):
            return
        term = self._term(party, on, home, holder)
        if party.weak and term is not None and not self._trusted(party, tokens, term):
            term, party.slugs = None, ()
            if party.marks[0].cls == "aname" and not (party.title or party.lower or party.ex):
                return
        if term is None and party.name is not None and party.title is not None:
            term = self._spelled(party, on)
        if term is not None:
            party.slug, party.name, party.country, party.office = term.slug, term.name, term.country, term.office
        party.country = party.country or party.place
        party.office = party.office or party.title
        party.kind = self._kind(party, tokens, cover, term, holder, home)
        if party.kind in ("foreign", "titled", "domestic") and party.name is None:
            self._resolve(party, tokens, on)
        if party.kind == "self" and holder is not None:
            party.slug, party.name, party.country = holder.leader, holder.name, holder.country

    def _small(self, party: Party, tokens: Tokens) -> bool:
        """Whether the name is a single word in small letters in a post that uses capitals: "store" is not Støre."""
        if len(party.marks) != 1 or party.marks[0].cls not in ("name", "aname") or party.first != party.last:
            return False
        word = tokens.original(party.first, party.last)
        return word.isalpha() and word.islower() and any(cased_capital(tokens, at) for at in range(min(len(tokens), 60)))

    def _resolve(self, party: Party, tokens: Tokens, on: date) -> None:
        """Name a party that the words only title: by the office's one holder on the day, else as the words spell it."""
        if party.country is None or party.title is None:
            return
        for office in _like(party.title):
            held = self.registry.resolve(party.country, office, on)  # type: ignore[arg-type]
            if held is not None:
                if party.unknown is None or _similar(party.name or "", held.name):
                    party.slug, party.name, party.office = held.slug, held.name, held.office
                elif (party.name or "").isascii() and party.kind == "foreign":
                    party.kind = "titled"  # a name that is not the holder's: of another time, or of another office
                return

    def _term(self, party: Party, on: date, home: str | None, holder: Holder | None) -> Term | None:
        """The term by which the named person is a leader on that day, the best of several people of that name."""
        best: tuple[int, Term] | None = None
        for slug in party.slugs:
            term = self.registry.term(slug, on) or self._nearly(slug, on)
            if term is None:
                continue
            score = 0
            if party.place:
                score += 4 if term.country == party.place else -6
            if party.title:
                score += 2 if term.office in _like(party.title) else -1
            if holder is not None and slug == holder.leader:
                score += 3
            if term.holds(on):
                score += 1
            if score > -5 and (best is None or score > best[0]):
                best = (score, term)
        return best[1] if best else None

    def _namesake(self, party: Party, tokens: Tokens, cover: dict[int, Mark]) -> bool:
        """Whether a surname belongs to someone or something else: "Brigitte Macron", "Merz Pharma", "Macron's Bistro"."""
        named = [mark for mark in party.marks if mark.cls in ("name", "aname")]
        if len(named) != 1 or named[0].first != named[0].last or party.title or party.handle or tokens.kinds[named[0].first] == CJK:
            return False
        at = named[0].first
        before, after = at - 1, at + 1
        if after < len(tokens) and tokens.words[after] == "s" and tokens.starts[after] == tokens.ends[at] + 1:
            after += 1
        return any(
            0 <= index < len(tokens) and index not in cover and tokens.kinds[index] == WORD and len(tokens.words[index]) > 2
            and tokens.words[index] not in self.gazetteer.given.get(party.slugs[0], ()) and cased_capital(tokens, index)
            for index in (before, after)
        )  # fmt: skip

    def _spelled(self, party: Party, on: date) -> Term | None:
        """A leader whose surname is spelled nearly so (Yatseniuk, Yatsenyuk), if there is just one that fits the rest."""
        found: dict[str, Term] = {}
        for slug in self.gazetteer.alike(party.name or ""):
            term = self.registry.term(slug, on) or self._nearly(slug, on)
            if term is not None and (party.place in (None, term.country)) and term.office in _like(party.title or ""):
                found[slug] = term
        return next(iter(found.values())) if len(found) == 1 else None

    def _nearly(self, slug: str, on: date) -> Term | None:
        leader = self.registry.get(slug)
        if leader is None:
            return None
        for term in leader.terms:
            start = term.start or date.min
            end = term.end or (term.seen if term.status == "unconfirmed" and term.seen else date.max)
            if start - min(SLACK, start - date.min) <= on <= end + min(SLACK, date.max - end):
                return term
        return None

    def _trusted(self, party: Party, tokens: Tokens, term: Term) -> bool:
        """Whether an ambiguous name may be taken for the leader: beside a title, a country or a handle, or a long rare surname."""
        if party.title or party.place or party.handle or party.elect:
            return True
        first = party.marks[0].first
        surname = tokens.words[first].lstrip("#")
        if len(party.slugs) != 1 or len(surname) < 5 or not capital(tokens, first) or party.lower or term.office in ("deputy", "minister"):
            return False
        return not any(0 <= at < len(tokens) and tokens.words[at].isalpha() and capital(tokens, at) for at in (first - 1, first + 1) if not opens(tokens, at))

    def _unknown_name(self, party: Party, tokens: Tokens, cover: dict[int, Mark]) -> None:
        """Take up to four capitalised words right behind a title as a name that the registry does not know."""
        if party.slugs or party.group or not (party.title or party.lower or party.elect or party.ex):
            return
        index, end = party.last + 1, party.last
        if party.title and party.place is None and self._of_another(index, tokens, cover):
            party.lower = True
            return
        while index < min(len(tokens), party.last + 5):
            word, kind = tokens.words[index], tokens.kinds[index]
            mark = cover.get(index)
            if mark is not None and mark.cls == "hon":
                index += 1
                continue
            if mark is not None and mark.cls == "," and index == party.last + 1 and party.country_last:
                index += 1
                continue
            if kind not in (WORD, TAG) or word.isdigit() or (mark is not None and mark.cls != "conn") or not capital(tokens, index):
                break
            end = index
            index += 1
        start = party.last + 1
        while start <= end and start in cover:
            start += 1
        if end >= start:
            party.unknown = (start, end)
            party.last = end

    def _of_another(self, index: int, tokens: Tokens, cover: dict[int, Mark]) -> bool:
        """Whether a title goes on "of the Bank …": the head of something that is no country."""
        start = index
        while index < min(len(tokens), start + 3) and index in cover and cover[index].cls == "conn":
            index += 1
        return index > start and index < len(tokens) and index not in cover and tokens.kinds[index] == WORD and cased_capital(tokens, index)

    def _kind(self, party: Party, tokens: Tokens, cover: dict[int, Mark], term: Term | None, holder: Holder | None, home: str | None) -> str:
        if party.ex:
            return "former" if party.slugs or party.title or party.unknown else ""
        if holder is not None and holder.name and self._holder_named(party, tokens, holder):
            return "self"
        if term is not None and term.office not in LEADER_OFFICES and term.slug not in self.people:
            return "lower"
        if party.lower and term is None:
            return "lower"
        if party.group:
            return "lower" if party.place is not None and party.place == home else ("group" if self._plain_group(party, tokens, cover) else "unclear")
        if term is not None:
            if holder is not None and (party.slug == holder.leader or (holder.leader is None and _similar(holder.name or "", term.name))):
                return "self"
            return "domestic" if home is not None and term.country == home else "foreign"
        if party.slugs and not party.title:
            return "former"
        if party.title is None:
            if party.handle:
                return "handle"
            return "lower" if party.lower else ("counterpart" if party.counterpart else ("country" if party.place else ""))
        if party.title == "org_head" and party.place is None:
            return "lower"
        if party.place is not None and party.place != home:
            return "foreign"
        if party.place is not None and party.place == home:
            return self._own(party, holder)
        if party.unknown is None and not party.handle and holder is not None and _same_office(party.title, holder.office):
            return "self"
        if party.unknown is not None or party.handle:
            return "titled"
        return "bare"

    def _plain_group(self, party: Party, tokens: Tokens, cover: dict[int, Mark]) -> bool:
        """Whether "leaders" stands alone or with a country, and not behind a word that may make them anyone's leaders."""
        first = party.marks[0].first
        if party.place is not None or party.marks[0].last > first or first == 0 or tokens.kinds[first] == CJK:
            return True
        before = first - 1
        return tokens.kinds[before] != WORD or before in cover or not tokens.words[before].isascii() or len(tokens.words[before]) <= 3

    def _holder_named(self, party: Party, tokens: Tokens, holder: Holder) -> bool:
        """Whether the words name the account's holder, as the registry or the configuration spells it."""
        if party.place not in (None, holder.country):
            return False
        if party.slugs:
            if holder.leader in party.slugs:
                return party.slug in (None, holder.leader)
            return party.slug is None and any(_similar(self.registry[slug].name, holder.name or "") for slug in party.slugs)
        if party.name is None:
            return False
        known = {consonants(word) for word in fold_word(holder.name or "").split() if len(word) > 3}
        return any(len(word) > 3 and consonants(word) in known for word in fold_word(party.name).split())

    def _own(self, party: Party, holder: Holder | None) -> str:
        if holder is not None and party.unknown is None and _same_office(party.title or "", holder.office):
            return "self"
        return "domestic"


def _like(office: str) -> tuple[str, ...]:
    """Offices that a title may stand for: a president may be called head of state or lead the government."""
    return {
        "head_of_state": ("head_of_state", "org_head", "head_of_government", "monarch"),
        "head_of_government": ("head_of_government", "head_of_state"),
        "monarch": ("monarch", "head_of_state", "crown_prince", "head_of_government"),
        "crown_prince": ("crown_prince", "deputy", "head_of_government"),
    }.get(office, (office,))


def _same_office(title: str, office: str) -> bool:
    """Whether an account's holder may be called so without a name: "the President" of an organisation, "the King"."""
    return title == office or (title, office) in (("head_of_state", "org_head"), ("head_of_state", "monarch"), ("monarch", "head_of_state"))


def _similar(one: str, other: str) -> bool:
    left, right = ({skeleton(word) for word in fold_word(name).split() if len(word) > 2} for name in (one, other))
    return bool(left & right)
