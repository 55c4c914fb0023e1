"""Status: whether a contact is to come, under way, over, called off or denied: rules over polarity and tense."""

from __future__ import annotations

from monitor.match.cues import Cue
from monitor.match.links import Link
from monitor.model import Status

PLAIN = frozenset({"with", "to", "and", ",", ":", '"', "(", ")", "/", "·", "-", ";", "+"})
"""Symbols that only join others."""
LOOK = 45
"""Cues that are looked at: a news text tells what it is about at its beginning."""

def status_of(cues: list[Cue], near: list[Cue], main: Link | None) -> tuple[Status, Cue | None]:
    """Polarity, then tense: cancelled and denied outrank the future, the future outranks now, and the rest has happened."""
    by: dict[str, Cue] = {cue.symbol: cue for cue in reversed(near)}
    anywhere = {cue.symbol: cue for cue in reversed(cues[:LOOK])}
    trigger = main.trigger if main else None
    polarity = _polarity(by, anywhere, trigger)
    if polarity is not None:
        return polarity
    tense = trigger.tense if trigger else ""
    if trigger is not None and trigger.base in ("visit", "receive", "greet") and tense != "fut":
        landing = next((cue for cue in near if cue.symbol == "visit_now" and cue.first < trigger.first), None)
        if landing is not None:
            return "ongoing", landing  # "arrives and is greeted by"
    told: dict[str, tuple[Status, Cue | None]] = {
        "fut": ("upcoming", trigger), "past": ("happened", trigger), "now": ("ongoing", trigger)
    }  # fmt: skip
    if tense in told:
        return told[tense]
    ahead = _ahead(near, by, trigger)
    landed = by.get("visit_now")
    if landed is not None and trigger is not None and landed.first < trigger.first and (ahead is None or ahead.symbol == "future"):
        return "ongoing", landed
    if ahead is not None:
        return "upcoming", ahead
    behind = next((cue for cue in near if cue.tense == "past" and cue.base not in ("discuss", "visit")), None)
    if behind is not None:
        return "happened", behind
    return _present(near, by, anywhere, trigger)


def _present(near: list[Cue], by: dict[str, Cue], anywhere: dict[str, Cue], trigger: Cue | None) -> tuple[Status, Cue | None]:
    live = next((cue for cue in near if cue.tense == "now"), None) or by.get("now")
    before = anywhere.get("now")
    if live is None and before is not None and trigger is not None and before.sentence == trigger.sentence - 1 and trigger.tense != "past":
        live = before
    here = next((cue for cue in near if cue.symbol in ("CAP", "CTY") and cue.first <= 3), None)
    told = {cue.base or cue.symbol for cue in near}
    if live is None and here is not None and trigger is not None and trigger.base == "summit" and here.first < trigger.first and not told & {"presser", "discuss", "joint", "speech"}:
        live = here  # "in Brussels for the European Council"
    if live is not None and (trigger is None or trigger.base != "call"):
        return "ongoing", live
    if trigger is not None and trigger.base == "greet" and any(cue.symbol in ("SELF", "DOM") and cue.first < trigger.first for cue in near):
        return "happened", trigger  # a caption: "President X welcomes Y"
    if trigger is not None and trigger.base == "visit" and "thank" in by:
        return "happened", trigger
    if trigger is not None and (trigger.base == "greet" or (trigger.base == "visit" and trigger.tense in ("pres", "ing"))):
        return "ongoing", trigger
    if trigger is not None and trigger.symbol == "receive_pres" and "today" in by:
        return "ongoing", by["today"]
    if trigger is not None and trigger.symbol == "receive_pres" and not any(cue.party is not None and cue.party.leader and cue.first < trigger.first for cue in near):
        return "ongoing", trigger  # "I welcome", "welcoming"; with a subject it is a caption
    if "greet" in anywhere and trigger is not None and trigger.base in ("receive", "visit"):
        return "ongoing", anywhere["greet"]
    return "happened", trigger


def _polarity(by: dict[str, Cue], anywhere: dict[str, Cue], trigger: Cue | None) -> tuple[Status, Cue] | None:
    if "resched" not in by:
        for kind in ("cancel", "postpone"):
            if kind in by:
                return "cancelled", by[kind]
    if trigger is not None and "deny" in by:
        return "denied", by["deny"]
    if trigger is not None and "neg" in by and _negates(by["neg"], trigger):
        return "denied", by["neg"]
    beside = anywhere.get("deny")
    if trigger is None or beside is None or abs(beside.sentence - trigger.sentence) != 1 or trigger.tense == "fut":
        return None
    if any(cue.base == "discuss" and cue.first < beside.first for cue in anywhere.values()):
        return None  # what was spoken of is told: the denial is of something else
    return "denied", beside


def _headline(near: list[Cue], trigger: Cue) -> bool:
    """Whether a leader who opens the post is "to meet" someone."""
    return any(cue.party is not None and cue.party.leader and cue.first <= 1 and trigger.first - cue.last == 1 for cue in near)


def _ahead(near: list[Cue], by: dict[str, Cue], trigger: Cue | None) -> Cue | None:
    """The cue that puts the contact ahead, if one governs it."""
    for cue in near:
        if cue.tense == "fut" and cue.base != "discuss":
            return cue
    by = {symbol: cue for symbol, cue in by.items() if symbol not in ("fut", "future") or not _of_occasion(near, cue, trigger)}
    thanks = by.get("thank")
    if thanks is not None and trigger is not None and thanks.first < trigger.first and trigger.tense != "fut":
        return None  # "thank you for the talk, see you tomorrow"
    for kind in ("fut", "lookfwd", "resched"):
        found = by.get(kind)
        if found is not None and (trigger is None or found.first <= trigger.last + 3):
            return found
    if trigger is not None and trigger.tense == "inf" and trigger.base in ("meet", "visit", "receive") and _headline(near, trigger):
        return trigger  # a headline: "President X to meet Y"
    if "today" in by and "future" in by and by["today"].first < by["future"].first:
        return None
    if "future" in by and (trigger is None or trigger.tense in ("", "inf", "pres", "ing")):
        return by["future"]
    return None


def _of_occasion(near: list[Cue], word: Cue, trigger: Cue | None) -> bool:
    """Whether the word puts another gathering ahead, not the contact: "with President X ahead of the summit"."""
    after = next((cue for cue in near if cue.first > word.last and cue.symbol not in PLAIN and cue.symbol not in ("HOME", "CTY", "ORG")), None)
    if after is None or after is trigger or after.first - word.last > 5 or trigger is None or trigger.first > word.first:
        return False
    return after.base in ("summit", "meetn") or after.symbol in ("occasion", "assembly")


def _negates(neg: Cue, trigger: Cue) -> bool:
    return neg.last < trigger.first <= neg.last + 4
