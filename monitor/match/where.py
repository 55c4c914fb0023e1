"""Where a contact is, and what it is about."""

from __future__ import annotations

from monitor.match.cues import Cue
from monitor.match.links import Link
from monitor.match.tokens import Tokens
from monitor.model import Mode, Place

_IN = frozenset(
    "in at to à a en au aux em no na nei nel nella ad nach bei te naar στη στην στο στον στις σε в во на у до 'de 'da için".split()
)
_ABROAD = ("meeting", "visit", "summit")


def place_of(tokens: Tokens, cues: list[Cue], link: Link | None, mode: Mode) -> tuple[Place | None, tuple[int, int] | None]:
    """The place, and the tokens that name it: a capital, or a country behind a word for where; never of calls and letters."""
    if mode not in _ABROAD or link is None:
        return None, None
    near = [cue for cue in cues if cue.sentence == link.trigger.sentence]
    for cue in near:
        if cue.symbol in ("CAP", "SEAT") and cue.party is not None:
            return Place(tokens.original(cue.first, cue.last).lstrip("#"), cue.party.country), (cue.first, cue.last)
    for cue in near:
        if cue.symbol in ("CTY", "HOME") and cue.party is not None and cue.first > 0 and tokens.words[cue.first - 1] in _IN:
            return Place(tokens.original(cue.first, cue.last).lstrip("#"), cue.party.country), (cue.first, cue.last)
    return None, None


def topics_of(cues: list[Cue]) -> tuple[str, ...]:
    """What it is about: the topic classes of the language data, the most told first."""
    counts: dict[str, int] = {}
    for cue in cues:
        if cue.symbol.startswith("topic_"):
            name = cue.symbol.removeprefix("topic_")
            counts[name] = counts.get(name, 0) + 1
    return tuple(sorted(counts, key=lambda name: -counts[name])[:4])
