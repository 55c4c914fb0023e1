"""The glance: whether the kinds of words of a post, all together, make it worth reading.

A logistic regression over kinds and pairs of kinds of words and who speaks. Its weights are data, fitted by
`benchmarks/matching_gate.py` to the verdicts of the full reading, so that next to no post is turned away that a reading would flag or keep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, repeat, starmap
from operator import or_
from pathlib import Path

GLANCE = Path(__file__).parent / "data" / "glance.json"

GROUPS = {
    "call": "call phone video", "talk": "talk conv", "talks": "talks", "discuss": "discuss", "meet": "meet", "meetn": "meetn",
    "visit": "visit", "receive": "receive greet", "invite": "invite", "gathering": "summit occasion", "letter": "letter message",
    "joint": "joint presser", "with": "with",
    "name": "name", "aname": "aname", "top": "t_hos t_hog", "crown": "t_mon t_cp", "second": "t_dep t_fm", "head": "t_org",
    "group": "group counterpart", "country": "country demonym side", "capital": "capital", "org": "org", "handle": "", "flag": "",
    "lower": "lower", "ex": "ex", "courtesy": "congrat condole", "thank": "thank", "first": "first", "hist": "hist longago",
    "plea": "appeal modal wish cond", "opinion": "opinion quote", "domestic": "domestic", "media": "media speech",
    "ahead": "fut future lookfwd", "now": "now today", "and": "and",
    "within_2": "", "within_4": "", "within_7": "", "within_12": "", "within_20": "",
}  # fmt: skip
"""Kinds of words, and the classes of the lexicon (without tense) that each stands for. A class that is not here is not looked at."""
BIT = {name: 1 << at for at, name in enumerate(GROUPS)}
_OF_CLASS = {cls: BIT[name] for name, classes in GROUPS.items() for cls in classes.split()}


def _any(names: str) -> int:
    return sum(BIT[name] for name in names.split())


CONTACT = _any("call talk talks discuss meet meetn visit receive invite gathering letter joint with")
PARTY = _any("name aname top crown second head group country capital org handle flag")
_NAMED = _any("name aname group handle")
_TITLED = _any("top crown second head")
_PLACE = _any("country capital org flag")
STRONG = CONTACT & ~_any("discuss joint with")
_TRAVEL = _any("visit receive meetn talks gathering")
PERSON = _NAMED | _TITLED
_REMEMBERED = 20_000


def group(cls: str) -> int:
    """The bit of a class of the lexicon, 0 if it is not looked at."""
    cls = cls.partition(":")[0]
    return _OF_CLASS[cls] if cls in _OF_CLASS else _OF_CLASS.get(cls.partition("_")[0], 0)


def enough(bits: int) -> bool:
    """Whether the kinds of words a post cannot do without are there: a contact and another party, else a summit or a visit somewhere."""
    if bits & _NAMED:
        return bits & CONTACT != 0
    if bits & _TITLED:
        return bits & STRONG != 0 or (bits & CONTACT != 0 and bits & _PLACE != 0)
    return bits & BIT["gathering"] != 0 or (bits & _TRAVEL != 0 and bits & _PLACE != 0)


def nearness(gap: int) -> int:
    """The bit of how many words lie between a contact word and a person."""
    for most in (2, 4, 7, 12, 20):
        if gap <= most:
            return BIT[f"within_{most}"]
    return 0


def facts(bits: int, who: str) -> list[str]:
    """What the regression sees: each kind, each with the speaker, and each two together."""
    kinds = [name for name, bit in BIT.items() if bits & bit]
    found = [f"who={who}", f"kinds={len(kinds)}", *kinds]
    for at, one in enumerate(kinds):
        found.append(f"{one}|{who}")
        found.extend(f"{one}+{two}" for two in kinds[at + 1 :])
    return found


@dataclass(frozen=True, slots=True)
class Glance:
    """Weights by fact, and the sum from which a post is read. Sums once worked out are remembered."""

    weights: Mapping[str, float]
    bias: float
    least: float
    _pairs: dict[int, float] = field(default_factory=dict, compare=False)  # weights of one kind or two, by their bits
    _spoken: dict[str, dict[int, float]] = field(default_factory=dict, compare=False)  # weights of kinds by who speaks
    _known: dict[tuple[int, str], bool] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for fact, weight in self.weights.items():
            kind, _, who = fact.partition("|")
            if "=" in fact:
                continue
            if who:
                self._spoken.setdefault(who, {})[BIT[kind]] = weight
            else:
                self._pairs[_any(kind.replace("+", " "))] = weight

    def worth(self, bits: int, who: str) -> bool:
        known = self._known.get((bits, who))
        if known is None:
            known = self.sum(bits, who) >= self.least
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[bits, who] = known
        return known

    def sum(self, bits: int, who: str) -> float:
        """The sum of the weights of all `facts`, without spelling them out."""
        kinds = [bit for bit in BIT.values() if bits & bit]
        single = self._pairs.get
        total = self.bias + self.weights.get(f"who={who}", 0.0) + self.weights.get(f"kinds={len(kinds)}", 0.0)
        total += sum(map(single, kinds, repeat(0.0))) + sum(map(single, starmap(or_, combinations(kinds, 2)), repeat(0.0)))
        return total + sum(map(self._spoken.get(who, {}).get, kinds, repeat(0.0)))


def load_glance(path: Path = GLANCE) -> Glance:
    data = json.loads(path.read_text(encoding="utf-8"))
    return Glance(data["weights"], data["bias"], data["least"])
