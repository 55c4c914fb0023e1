"""Cues: a post as one sequence of symbols that mean the same in every language: triggers, parties, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.match.parties import Party
from monitor.match.scan import Mark

TRIGGERS = {
    "call": "call", "phone": "call", "video": "video", "talk": "unspecified", "conv": "unspecified", "talks": "meeting",
    "discuss": "unspecified", "meet": "meeting", "meetn": "meeting", "visit": "visit", "receive": "visit", "greet": "visit",
    "summit": "summit", "letter": "letter", "message": "letter", "joint": "meeting", "presser": "meeting", "invite": "visit",
}  # fmt: skip
"""Classes of contact words by what comes before the first underscore, and the mode each speaks of."""

STRONG = frozenset({"call", "talk", "conv", "talks", "meet", "meetn", "visit", "receive", "greet", "summit", "letter", "video"})
PARTY_SYMBOL = {
    "self": "SELF", "domestic": "DOM", "foreign": "FL", "titled": "UNK", "bare": "BARE", "lower": "LOW", "former": "FORM",
    "group": "GRP", "handle": "HND", "country": "CTY", "counterpart": "CPT",
    "sides": "SIDES", "unclear": "LEAD",
}  # fmt: skip
_SILENT = frozenset({"conn", "hon", "elect", "callnoise", "name", "aname", "side"})


@dataclass(slots=True)
class Cue:
    """One symbol of the post, over tokens first..last, in sentence `sentence`."""

    symbol: str
    first: int
    last: int
    sentence: int
    party: Party | None = None
    base: str = ""  # trigger without tense
    tense: str = ""


def cues(marks: list[Mark], parties: list[Party], third: bool = False, home: str | None = None) -> list[Cue]:
    """The sequence of cues in reading order. What lies within a party is told by the party.

    In a post of a `third` party, who is no leader, a leader without another leader in the sentence is ONE: half a contact.
    """
    owned: dict[int, Party] = {}
    for one in parties:
        for index in range(one.first, one.last + 1):
            owned[index] = one
    found: list[Cue] = []
    sentence = 0
    seen: set[int] = set()
    for mark in marks:
        party = owned.get(mark.first)
        if party is not None:
            if id(party) not in seen:
                seen.add(id(party))
                symbol = PARTY_SYMBOL[party.kind]
                if party.kind == "country":
                    code = party.country or ""
                    symbol = "HOME" if code == home else "ORG" if len(code) != 2 or code in ("EU", "UN") else "CTY"
                found.append(Cue(symbol, party.first, party.last, sentence, party))
            if mark.cls in ("lower", "ex"):
                continue
            if mark.cls.startswith("t_") or mark.cls in ("name", "aname", "country", "demonym", "handle", "org", "side", "group", "counterpart"):
                continue
        if mark.cls == "stop":
            sentence += 1
            continue
        if mark.cls in _SILENT:
            continue
        if mark.cls == "capital":
            symbol = "SEAT" if mark.data == home else "CAP"
            found.append(Cue(symbol, mark.first, mark.last, sentence, Party(mark.first, mark.last, "capital", country=mark.data)))
            continue
        base, _, tense = mark.cls.partition("_")
        if base not in TRIGGERS:
            found.append(Cue(mark.cls, mark.first, mark.last, sentence))
        else:
            found.append(Cue(mark.cls, mark.first, mark.last, sentence, None, base, tense))
    if third:
        _mark_single(found)
    return found


def _mark_single(found: list[Cue]) -> None:
    sides: dict[int, set[object]] = {}
    for cue in found:
        if cue.party is not None and cue.party.leader:
            sides.setdefault(cue.sentence, set()).add(cue.party.country or id(cue.party))
    for cue in found:
        if cue.symbol in ("FL", "UNK") and len(sides.get(cue.sentence, ())) < 2:
            cue.symbol = "ONE"
