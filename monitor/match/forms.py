"""The form of a post: announcement, readout, follow-up, denial or other."""

from __future__ import annotations

from monitor.match.claims import Draft
from monitor.match.cues import Cue
from monitor.match.features import speaker
from monitor.model import Form, Holder

_SUBSTANCE = frozenset({"discuss", "topic_security", "topic_economy", "topic_climate", "topic_health", "topic_migration", "topic_food", "bilateral"})


def form_of(cues: list[Cue], drafts: list[Draft], holder: Holder | None, *, flagged: bool) -> Form:
    """A follow-up leans on a contact told before; a readout is official, tells of a contact that took place, and what was spoken of."""
    if not drafts:
        return "other"
    main = drafts[0]
    if main.status == "denied":
        return "denial"
    if not flagged:
        return "other"
    if main.status == "happened" and any(cue.symbol == "follow" for cue in cues):
        return "follow_up"
    if speaker(holder) in ("leader", "office") and main.status == "happened":
        substance = {cue.base or cue.symbol for cue in cues} & _SUBSTANCE
        verbs = sum(cue.base == "discuss" for cue in cues)
        if verbs >= 1 and (len(substance) >= 2 or verbs >= 2):
            return "readout"
    return "announcement"
