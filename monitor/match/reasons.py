"""The named reason of a verdict, for "no" as well as for "yes"."""

from __future__ import annotations

from monitor.match.cues import Cue
from monitor.match.features import speaker
from monitor.match.links import STRONG_PARTIES, Link
from monitor.model import Holder

_TRAPS = (
    ("appeal", "appeal"), ("longago", "history"), ("hist", "history"), ("cond", "hypothetical"), ("wish", "wish"), ("opinion", "commentary"), ("modal", "demand"),
    ("media", "media"), ("speech", "speech"), ("condole", "courtesy"), ("congrat", "courtesy"), ("message", "courtesy"),
)  # fmt: skip


def reason_of(cues: list[Cue], links: list[Link], holder: Holder | None, *, flagged: bool) -> str:
    """Why a post is or is not flagged, in one word of a fixed list."""
    symbols = {cue.symbol for cue in cues}
    triggers = {cue.base for cue in cues if cue.base}
    strong = symbols & STRONG_PARTIES
    if flagged:
        return f"contact_{links[0].trigger.base}" if links else "contact_together"
    if not triggers and not strong:
        return "no_cue"
    if not triggers:
        return "no_contact_word"
    if not strong:
        if "LOW" in symbols:
            return "below_leader_level"
        if "FORM" in symbols:
            return "former_leader"
        return "no_other_leader"
    if speaker(holder) == "other" and len(strong) < 2 and not symbols & {"DOM", "SELF"}:
        return "one_leader_only"
    for symbol, reason in _TRAPS:
        if symbol in symbols:
            return reason
    if "LOW" in symbols or "domestic" in symbols:
        return "below_leader_level"
    return "not_the_main_action"
