"""Claims: what a post says of each contact: who, how, and whether it is to come, under way, over, called off or denied."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.match.cues import Cue
from monitor.match.links import Link
from monitor.match.parties import LEADER_OFFICES, Party
from monitor.model import Holder, Mode, Participant, Status

_SUMMIT_ONLY = frozenset({"summit"})
PARTNERS = frozenset({"FL", "UNK", "GRP", "CPT", "CTY", "HND", "FORM", "DOM", "BARE"})


@dataclass(slots=True)
class Draft:
    """One contact as read from the cues; the engine adds offsets, time and place."""

    link: Link | None
    mode: Mode
    status: Status
    participants: tuple[Participant, ...]
    parties: tuple[Party, ...]
    proofs: tuple[tuple[str, Cue], ...]  # role and cue of what decided mode and status


def draft(cues: list[Cue], links: list[Link], holder: Holder | None) -> list[Draft]:
    """The contacts of a post, the main one first; none if nothing could be one."""
    main = links[0] if links else None
    if main is None and not any(cue.party is not None and cue.party.leader for cue in cues):
        return []
    sentence = main.trigger.sentence if main else next(cue.sentence for cue in cues if cue.party is not None and cue.party.leader)
    near = [cue for cue in cues if cue.sentence == sentence] + ([main.party] if main and main.party.sentence != sentence else [])
    mode, mode_proof = _mode(cues, near, main)
    status, status_proof = status_of(cues, near, main)
    parties = _partners(cues, near, main, holder, mode)
    people = _participants(parties, holder)
    proofs = tuple((role, cue) for role, cue in (("mode", mode_proof), ("tense", status_proof)) if cue is not None)
    return [Draft(main, mode, status, people, parties, proofs)]


def _mode(cues: list[Cue], near: list[Cue], main: Link | None) -> tuple[Mode, Cue | None]:
    """How they were in contact: the medium if it is told, else the kind of contact word; a meeting outranks a visit."""
    first = {cue.base or cue.symbol: cue for cue in reversed(near)}
    anywhere = {cue.base or cue.symbol: cue for cue in reversed(cues)}
    if main is None:
        return "meeting", None
    base = main.trigger.base
    if "video" in first or (base in ("summit", "talk", "conv", "meetn", "meet") and "video" in anywhere):
        return "video", first.get("video") or anywhere["video"]
    if base in ("call", "phone"):
        return "call", main.trigger
    if "phone" in first or ("call" in first and base in ("talk", "conv", "talks", "discuss")):
        return "call", first.get("phone") or first["call"]
    if base in ("talk", "conv", "discuss") and "call" in anywhere:
        return "call", anywhere["call"]
    if base == "letter" or (base == "message" and not {"meet", "meetn", "visit"} & set(first)):
        return "letter", main.trigger
    for kind in ("meet", "meetn", "talks", "joint", "presser"):
        if kind in first and not (base == "summit" and main.party.symbol == "GRP" and kind == "meetn"):
            if kind in ("joint", "presser") and base in ("visit", "receive", "greet", "talk", "conv", "summit"):
                continue
            if kind == "talks" and base in ("talk", "conv"):
                continue
            return ("summit" if main.party.symbol == "GRP" and "summit" in first else "meeting"), first[kind]
    if base in ("visit", "receive", "greet", "invite"):
        if "summit" in first and main.party.symbol in ("GRP", "CTY"):
            return "summit", first["summit"]
        return "visit", main.trigger
    if base == "summit":
        return "summit", main.trigger
    return "unspecified", main.trigger


def status_of(cues: list[Cue], near: list[Cue], main: Link | None) -> tuple[Status, Cue | None]:
    """Polarity, then tense: cancelled and denied outrank the future, the future outranks now, and the rest has happened."""
    by: dict[str, Cue] = {cue.symbol: cue for cue in reversed(near)}
    anywhere = {cue.symbol: cue for cue in reversed(cues)}
    trigger = main.trigger if main else None
    if "resched" not in anywhere:
        for kind in ("cancel", "postpone"):
            if kind in by:
                return "cancelled", by[kind]
    if "deny" in by and trigger is not None:
        return "denied", by["deny"]
    if trigger is not None and "neg" in by and _negates(by["neg"], trigger):
        return "denied", by["neg"]
    tense = trigger.tense if trigger else ""
    if tense == "fut":
        return "upcoming", trigger
    if tense == "past":
        return "happened", trigger
    if tense == "now":
        return "ongoing", trigger
    for kind in ("fut", "lookfwd", "resched"):
        if kind in by and trigger is not None and by[kind].first <= trigger.last + 6:
            return "upcoming", by[kind]
    if "future" in by:
        return "upcoming", by["future"]
    if "now" in by or (trigger is not None and trigger.base == "greet"):
        return "ongoing", by.get("now", trigger)
    if trigger is not None and trigger.base == "visit" and tense in ("pres", "ing"):
        return "ongoing", trigger
    return "happened", trigger


def _negates(neg: Cue, trigger: Cue) -> bool:
    return neg.last < trigger.first <= neg.last + 4


def _partners(cues: list[Cue], near: list[Cue], main: Link | None, holder: Holder | None, mode: Mode) -> tuple[Party, ...]:
    """The parties in contact: those of the link's sentence, or of the whole post where the sentence has none."""
    home = holder.country if holder else None
    found = [cue for cue in near if cue.symbol in ("FL", "UNK", "GRP", "ONE")]
    if not found:
        found = [cue for cue in cues if cue.symbol in ("FL", "UNK", "ONE")][:2]
    if main is not None and main.party.symbol in ("FL", "UNK", "GRP", "ONE") and main.party not in found:
        found.insert(0, main.party)
    if not found and main is not None and main.party.symbol in ("CPT", "HND", "FORM", "SIDES"):
        found = [main.party]
    if not found:
        found = [cue for cue in near if cue.symbol in ("CTY", "CAP") and cue.party is not None and cue.party.country != home][:1]
    if holder is None or holder.office not in LEADER_OFFICES:
        found = [cue for cue in near if cue.symbol in ("DOM", "SELF")][:1] + found
    return tuple(cue.party for cue in found if cue.party is not None)


def _participants(parties: tuple[Party, ...], holder: Holder | None) -> tuple[Participant, ...]:
    people: list[Participant] = []
    if holder is not None and holder.office in LEADER_OFFICES and holder.country:
        people.append(Participant(holder.name, holder.country, holder.leader, holder.office))
    for party in parties:
        person = Participant(party.name, party.country, party.slug, party.office)
        same = any(
            (one.leader is not None and one.leader == person.leader) or (one.name == person.name and one.country == person.country)
            for one in people
        )
        if not same and (person.name or person.country):
            people.append(person)
    return tuple(people)
