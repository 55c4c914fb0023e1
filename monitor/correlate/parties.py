"""Whether two sets of participants are one, and what they come to together."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from monitor.model import Participant

Fit = Literal["same", "likely", "part"]
"""same: every party is known to be the same; likely: some are unnamed; part: one set lies within the other."""

HEADS = {"head_of_state", "head_of_government", "monarch"}
"""Offices that posts mix up when they do not name the person ("the US leader")."""

ONE_HOLDER = HEADS | {"foreign_minister", "org_head", "crown_prince"}
"""Offices with one holder at a time: two names in one of them are two spellings."""

ALIKE = 0.8
"""From this ratio on (difflib) two words of four letters or more are spellings of one name: Zelensky, Zelenskyy."""

MEMBERS_OF_A_PART = 2  # a talk of two within a talk of many may be the same talk; one person alone is not


def same_person(a: Participant, b: Participant) -> Literal["same", "likely"] | None:
    """Whether these are one leader: by slug, by name, or, where either is unnamed, by country and office."""
    if a.leader and b.leader:
        return "same" if a.leader == b.leader else None
    if a.country and b.country and a.country != b.country:
        return None
    if a.name and b.name:
        return _same_name(a, b)
    if a.country is None or b.country is None:
        return None
    return "likely" if _compatible(a.office, b.office) else None


def _same_name(a: Participant, b: Participant) -> Literal["same", "likely"] | None:
    """Of two named people of whom the registry does not know both."""
    one, two = _words(a.name or ""), _words(b.name or "")
    if one == two:
        return "same"
    if a.country != b.country or not _compatible(a.office, b.office):
        return None
    if a.office == b.office and a.office in ONE_HOLDER:
        return "likely"
    return "likely" if one <= two or two <= one or _spelled_alike(one, two) else None


def _spelled_alike(one: frozenset[str], two: frozenset[str]) -> bool:
    pairs = ((x, y) for x in one for y in two if len(x) > 3 and len(y) > 3)
    return any(SequenceMatcher(None, x, y).ratio() >= ALIKE for x, y in pairs)


def _compatible(a: str | None, b: str | None) -> bool:
    if a in (None, "none") or b in (None, "none") or a == b:
        return True
    return a in HEADS and b in HEADS


def _words(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else "" if unicodedata.combining(c) else " " for c in plain)
    return frozenset(kept.split())


def pair_up(ours: Sequence[Participant], theirs: Sequence[Participant]) -> list[tuple[int, int, bool]]:
    """The most pairs of one and the same person as (index, index, sure): certain ones first, then likely ones."""
    pairs: list[tuple[int, int, bool]] = []
    left, right = set(range(len(ours))), set(range(len(theirs)))
    for wanted in ("same", "likely"):
        for i in sorted(left):
            for j in sorted(right):
                if same_person(ours[i], theirs[j]) == wanted:
                    pairs.append((i, j, wanted == "same"))
                    left.discard(i)
                    right.discard(j)
                    break
    return pairs


def fit(ours: Sequence[Participant], theirs: Sequence[Participant]) -> Fit | None:
    """How two sets of participants fit. None: they are different talks."""
    if not ours or not theirs:
        return None
    pairs = pair_up(ours, theirs)
    smaller = min(len(ours), len(theirs))
    if len(pairs) < smaller:
        return None
    if len(ours) == len(theirs):
        if smaller < MEMBERS_OF_A_PART and not ours[0].name:
            return None  # somebody of a country with nobody known: anything
        return "same" if all(sure for _, _, sure in pairs) else "likely"
    sure = sum(1 for _, _, certain in pairs if certain)
    return "part" if smaller >= MEMBERS_OF_A_PART and sure >= MEMBERS_OF_A_PART else None


def union(groups: Iterable[Sequence[Participant]]) -> tuple[Participant, ...]:
    """Everybody who takes part, each once, as fully named as anyone named them; in the order in which they came up."""
    known: list[Participant] = []
    for group in groups:
        pairs = {j: i for i, j, _ in pair_up(known, group)}
        for j, person in enumerate(group):
            if j in pairs:
                known[pairs[j]] = fuller(known[pairs[j]], person)
            else:
                known.append(person)
    return tuple(known)


def fuller(a: Participant, b: Participant) -> Participant:
    """One person from two mentions: what either leaves out, the other fills in; a known leader's own name wins."""
    lead, other = (b, a) if (b.leader and not a.leader) or (b.name and not a.name) else (a, b)
    return Participant(
        name=lead.name or other.name,
        country=lead.country or other.country,
        leader=lead.leader or other.leader,
        office=lead.office if lead.office not in (None, "none") else other.office or lead.office,
    )
