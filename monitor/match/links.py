"""Links: which contact word goes with which party."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.match.cues import Cue

WEIGHT = {
    "FL": 5.0, "UNK": 3.2, "CPT": 3.0, "GRP": 2.6, "FORM": 1.0, "HND": 1.2, "DOM": 1.0, "CTY": 0.8, "BARE": 0.6, "LOW": 0.5,
    "ONE": 4.0, "SIDES": 1.6, "CAP": 0.7, "ORG": 0.6, "LEAD": 0.9,
}  # fmt: skip
_TRIGGER = {
    "call": 1.0, "talk": 1.0, "conv": 0.8, "talks": 0.8, "meet": 1.0, "meetn": 0.9, "visit": 0.8, "receive": 0.9, "greet": 0.6,
    "summit": 0.7, "letter": 0.5, "video": 0.6, "phone": 0.7, "discuss": 0.5, "joint": 0.4, "presser": 0.2, "message": 0.0, "invite": 0.3,
}  # fmt: skip
STRONG_PARTIES = frozenset({"FL", "UNK", "GRP", "CPT", "ONE"})
_BLOCKERS = frozenset({"LOW", "opinion", "appeal", "domestic"})


@dataclass(slots=True)
class Link:
    """A contact word and a party it may speak of. `gap` counts tokens, `between` the symbols that lie in between."""

    trigger: Cue
    party: Cue
    gap: int
    after: bool  # the party follows the trigger
    prep: str
    between: tuple[str, ...]
    score: float


def links(cues: list[Cue]) -> list[Link]:
    """All links of a post, the best first."""
    triggers = [(at, cue) for at, cue in enumerate(cues) if cue.base]
    partners = [(at, cue) for at, cue in enumerate(cues) if cue.symbol in WEIGHT]
    found = [_link(cues, t, trigger, p, partner) for t, trigger in triggers for p, partner in partners if abs(trigger.sentence - partner.sentence) <= 1]
    found.sort(key=lambda link: -link.score)
    return found


def _link(cues: list[Cue], t: int, trigger: Cue, p: int, partner: Cue) -> Link:
    after = p > t
    low, high = (t, p) if after else (p, t)
    between = tuple(cue.symbol for cue in cues[low + 1 : high])
    gap = max(0, partner.first - trigger.last - 1) if after else max(0, trigger.first - partner.last - 1)
    before = cues[p - 1].symbol if p and cues[p - 1].last >= partner.first - 3 else ""
    prep = before if before in ("with", "to", "and") else ""
    score = WEIGHT[partner.symbol] + _TRIGGER[trigger.base] - 0.06 * min(gap, 30) - 1.5 * abs(trigger.sentence - partner.sentence)
    score += 0.5 * (prep == "with") + 0.2 * (prep == "to") - 0.4 * sum(symbol in _BLOCKERS for symbol in between)
    return Link(trigger, partner, gap, after, prep, between, score)
