"""Parties: who is named in a post, from marks of names, titles, countries and handles."""

from __future__ import annotations

from datetime import date

from monitor.leaders import Registry
from monitor.match.gazetteer import Gazetteer
from monitor.match.naming import Namer
from monitor.match.party import LEADER_OFFICES, OFFICES, Party
from monitor.match.scan import Mark
from monitor.match.spelling import capital
from monitor.match.tokens import CJK, Tokens
from monitor.model import Holder

_BRIDGES = frozenset({"conn", "hon", ",", "(", "/", "·", '"', "-", ")", "elect"})
_AND = frozenset({"and", "&", "y", "e", "et", "und", "en", "ve", "и", "і", "та", "και", "और", "و", "和", "と"})


class PartyFinder:
    """Groups marks into parties and tells who they are."""

    def __init__(self, registry: Registry, gazetteer: Gazetteer, people: frozenset[str] = frozenset()) -> None:
        self.gazetteer = gazetteer
        self.namer = Namer(registry, gazetteer, people)

    def find(self, tokens: Tokens, marks: list[Mark], holder: Holder | None, on: date) -> list[Party]:
        cover: dict[int, Mark] = {}
        for mark in marks:
            for index in range(mark.first, mark.last + 1):
                if index not in cover or mark.cls in ("conn", "hon"):
                    cover.setdefault(index, mark)
        connects = [False] * (len(tokens) + 1)
        for mark in marks:
            if mark.cls in _BRIDGES:
                for index in range(mark.first, mark.last + 1):
                    connects[index] = True
        parties: list[Party] = []
        current: Party | None = None
        for mark in marks:
            role = _role(mark)
            if role is None or (mark.cls == "side" and mark.first and tokens.words[mark.first - 1].isdigit()):
                continue  # 22日 is a day, not Japan
            if current is not None and mark.first <= current.last:
                if role in ("name", "handle") and not current.slugs:
                    self._absorb(current, mark, role)
                continue
            if current is not None and self._joins(current, mark, role, tokens, connects, cover):
                self._absorb(current, mark, role)
                continue
            if current is not None:
                parties.append(current)
            current = Party(mark.first, mark.last)
            self._absorb(current, mark, role)
        if current is not None:
            parties.append(current)
        for party in parties:
            self.namer.finish(party, tokens, cover, holder, on)
        if any(party.kind == "self" and (party.slugs or party.unknown) for party in parties):
            for party in parties:  # "PM X's talks with the Prime Minister": the second is another's
                if party.kind == "self" and not party.slugs and party.unknown is None and party.place is None:
                    party.kind, party.slug, party.name, party.country = "bare", None, None, None
        return [party for party in parties if party.kind]

    def _joins(
        self, party: Party, mark: Mark, role: str, tokens: Tokens, connects: list[bool], cover: dict[int, Mark]
    ) -> bool:  # fmt: skip
        gap = range(party.last + 1, mark.first)
        if len(gap) > 5:
            return False
        conjunction = comma = False
        unknown = 0
        for index in gap:
            cls = cover[index].cls if index in cover else ""
            if cls == "," or cls == "(":
                comma = True
            if connects[index]:
                if tokens.words[index] in _AND:
                    conjunction = True
                continue
            if cls:
                return False
            if capital(tokens, index) and (party.title or party.elect) and not party.slugs:
                unknown += 1
                continue
            uncased = tokens.kinds[index] == CJK or not tokens.words[index].isascii()
            if uncased and party.title and not party.slugs and unknown < 3 and role in ("name", "handle"):
                unknown += 1
                continue
            return False
        return self._fits(party, mark, role, conjunction, comma, len(gap), unknown)

    def _fits(self, party: Party, mark: Mark, role: str, conjunction: bool, comma: bool, gap: int, unknown: int) -> bool:
        if role == "ex" and gap <= 1 and not comma and not conjunction and party.title and not party.slugs:
            return True  # told behind the title: "ראש הממשלה לשעבר", "Başbakanı'nın eşi"
        if role == "ex" or (party.ex and comma and len(party.marks) == 1):
            return False
        if conjunction and role not in ("title", "lower"):
            return False
        if role == "place":
            if mark.cls == "side" and all(one.cls == "side" for one in party.marks) and gap == 0:
                return True
            if party.place is not None or conjunction:
                return party.place == mark.data and gap == 0
            if comma:
                return bool(party.title) and not party.slugs and gap <= 2 and mark.cls == "country"
            return bool(party.title or party.lower or (party.slugs and gap <= 2) or party.handle) or party.ex
        if role == "title":
            if party.group or (party.title and party.slugs):
                return False
            if conjunction:
                return bool(party.title) and not party.slugs and not party.handle and OFFICES.get(mark.cls[:5].rstrip(":")) == "foreign_minister"
            if party.slugs or party.handle or party.unknown:
                return (gap <= 3 and not party.title) if (comma or gap == 0) else False
            return True
        if role in ("name", "handle"):
            if party.group:
                return False
            if party.slugs:
                known = set(self._slugs(mark, role))
                if role == "handle" and not known:
                    return gap <= 2 and party.handle is None and not (comma and gap == 1)
                return bool(known & set(party.slugs))
            if party.handle and role == "name":
                return gap <= 1
            return not party.place or bool(party.title or party.lower or party.ex) or gap <= 1
        if role == "lower":
            return not party.slugs and not party.group and (not conjunction or bool(party.title))
        if role == "group":
            return not party.slugs and party.title is None
        return True

    def _slugs(self, mark: Mark, role: str) -> tuple[str, ...]:
        return self.gazetteer.handle(mark.data or "") if role == "handle" else tuple(mark.data or ())

    def _absorb(self, party: Party, mark: Mark, role: str) -> None:
        party.last = max(party.last, mark.last)
        party.marks.append(mark)
        if role == "place":
            party.place = mark.data
            party.country_last = True
        elif role == "title":
            cls, _, code = mark.cls.partition(":")
            if party.title is None or OFFICES[cls] != "foreign_minister":
                party.title = OFFICES[cls]
                party.title_at = mark.last
            if code:
                party.place = code
        elif role == "lower":
            party.lower = party.title is None or party.lower
        elif role == "group":
            party.group = True
        elif role == "ex":
            party.ex = True
        elif role == "elect":
            party.elect = True
        elif role == "counterpart":
            party.counterpart = True
        elif role == "name":
            found = tuple(mark.data)
            both = tuple(slug for slug in party.slugs if slug in found)
            party.weak = mark.cls == "aname" and (party.weak or not party.slugs)
            party.slugs = both or party.slugs or found
        elif role == "handle":
            party.handle = mark.data
            found = self._slugs(mark, role)
            party.slugs = tuple(slug for slug in party.slugs if slug in found) or party.slugs or found


def _role(mark: Mark) -> str | None:
    cls = mark.cls
    if cls in ("name", "aname"):
        return "name"
    if cls in ("country", "demonym", "side"):
        return "place"
    if cls.startswith("t_"):
        return "title"
    if cls in ("lower", "group", "ex", "elect", "counterpart", "handle"):
        return cls
    if cls == "org":
        return "place"
    return None


__all__ = ["LEADER_OFFICES", "OFFICES", "Party", "PartyFinder"]
