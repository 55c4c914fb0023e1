"""Claims: what a post says of each contact: who, how, and whether it is to come, under way, over, called off or denied."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.match.cues import Cue
from monitor.match.links import Link
from monitor.match.model import ModeModel
from monitor.match.parties import LEADER_OFFICES, Party
from monitor.match.status import LOOK, PLAIN, status_of
from monitor.model import Holder, Mode, Participant, Status

FURTHER = 4.5
"""The score from which a link beside the main one is a contact of its own."""


@dataclass(slots=True)
class Draft:
    """One contact as read from the cues; the engine adds offsets, time and place."""

    link: Link | None
    mode: Mode
    status: Status
    participants: tuple[Participant, ...]
    parties: tuple[Party, ...]
    proofs: tuple[tuple[str, Cue], ...]  # role and cue of what decided mode and status


def draft(cues: list[Cue], links: list[Link], holder: Holder | None, modes: ModeModel | None = None) -> list[Draft]:
    """The contacts of a post, the main one first; none if nothing could be one. `modes` settles what the rules leave open."""
    main = links[0] if links else None
    if main is None and not any(cue.symbol in ("FL", "UNK", "ONE") for cue in cues):
        lone = _lone(cues, holder)
        if lone or not any(cue.party is not None and cue.party.leader for cue in cues):
            return lone
    first = _one(cues, main, holder, modes)
    found = [first]
    told = {id(party) for party in first.parties}
    for link in links[1:]:
        if main is None or link.party.symbol not in ("FL", "UNK") or id(link.party.party) in told or link.score < FURTHER:
            continue
        if link.trigger.sentence == main.trigger.sentence or link.party.sentence != link.trigger.sentence:
            continue
        further = _one(cues, link, holder, modes)
        if (further.mode, further.status) != (first.mode, first.status):
            found.append(further)
            told.update(id(party) for party in further.parties)
    if len(found) == 1 and main is not None:
        found.extend(_planned(cues, main, first))
    return found[:4]


def _lone(cues: list[Cue], holder: Holder | None) -> list[Draft]:
    """A summit or visit told without any other party: "At the European Council"."""
    for kind in ("summit", "occasion", "visit"):
        for cue in cues:
            if (cue.base or cue.symbol) == kind:
                near = [one for one in cues if one.sentence == cue.sentence]
                status, proof = status_of(cues, near, None)
                proofs = [("trigger", cue)] + ([("tense", proof)] if proof is not None else [])
                mode: Mode = "visit" if kind == "visit" else "summit"
                return [Draft(None, mode, status, _participants((), holder), (), tuple(proofs))]
    return []


def _planned(cues: list[Cue], main: Link, first: Draft) -> list[Draft]:
    """A visit or meeting of the same parties that a later sentence announces: "they agreed that he will visit in May"."""
    if first.status not in ("happened", "ongoing") or len(first.participants) < 2:
        return []
    for cue in cues:
        if cue.tense == "fut" and cue.base in ("visit", "meet", "receive") and cue.sentence > main.trigger.sentence:
            mode: Mode = "meeting" if cue.base == "meet" else "visit"
            link = Link(cue, main.party, abs(cue.first - main.party.last), after=False, prep="", between=(), score=main.score)
            return [Draft(link, mode, "upcoming", first.participants, first.parties, (("tense", cue),))]
    return []


def _one(cues: list[Cue], main: Link | None, holder: Holder | None, modes: ModeModel | None) -> Draft:
    """One contact: its parties, its mode and its status, as the link's sentence tells them."""
    sentence = main.trigger.sentence if main else next(cue.sentence for cue in cues if cue.party is not None and cue.party.leader)
    near = [cue for cue in cues if cue.sentence == sentence] + ([main.party] if main and main.party.sentence != sentence else [])
    mode, mode_proof = _mode(cues, near, main)
    if modes is not None and main is not None and mode not in ("video", "call", "letter"):
        mode = modes.choose(mode_features(cues, main, mode))
    status, status_proof = status_of(cues, near, main)
    parties = _partners(cues, near, main, holder)
    people = _participants(parties, None if _speaks_of_head(near, main, holder) else holder)
    proofs = tuple((role, cue) for role, cue in (("mode", mode_proof), ("tense", status_proof)) if cue is not None)
    return Draft(main, mode, status, people, parties, proofs)


def _mode(cues: list[Cue], near: list[Cue], main: Link | None) -> tuple[Mode, Cue | None]:
    """How they were in contact: the medium if it is told, else the kind of contact word; a meeting outranks a visit."""
    first = {cue.base or cue.symbol: cue for cue in reversed(near)}
    anywhere = {cue.base or cue.symbol: cue for cue in reversed(cues[:LOOK])}
    if main is None:
        gathering = first.get("summit") or first.get("occasion")
        return ("summit", gathering) if gathering is not None else ("meeting", None)
    base, trigger = main.trigger.base, main.trigger
    medium = _medium(base, first, anywhere)
    if medium is not None:
        return medium
    gathering = first.get("summit") or first.get("occasion")
    if (base in ("receive", "joint") and "letter" in first) or (base in ("letter", "message") and not {"meet", "meetn", "visit"} & set(first)):
        return "letter", trigger
    if base == "summit":
        return "summit", trigger
    if base in ("receive", "greet", "visit", "discuss", "invite") and gathering is not None and "meetn" not in first:
        return "summit", gathering
    if base in ("receive", "greet", "visit", "invite"):
        for kind in ("meet", "meetn", "talks"):
            if kind in first and not (base == "visit" and kind == "meetn"):
                return "meeting", first[kind]
        if base == "receive" and "discuss" in anywhere:
            return "meeting", anywhere["discuss"]
        return "visit", trigger
    if base in ("meet", "meetn", "talks", "joint", "presser"):
        if main.party.symbol == "GRP" and gathering is not None:
            return "summit", gathering
        return "meeting", trigger
    for kind in ("meet", "meetn"):
        if kind in first:
            return "meeting", first[kind]
    return "unspecified", trigger


def mode_features(cues: list[Cue], main: Link, rule: Mode) -> list[str]:
    """What the mode model sees: the rules' own answer, and the cues of the link's sentence and of the post."""
    trigger = main.trigger
    near = [cue for cue in cues if cue.sentence == trigger.sentence and cue.symbol not in PLAIN]
    found = [f"rule={rule}", f"trigger={trigger.symbol}", f"party={main.party.symbol}", f"link={trigger.base}|{main.party.symbol}"]
    for cue in near:
        where = "before" if cue.first < trigger.first else "behind"
        found.extend((f"near={cue.symbol}", f"{where}={cue.base or cue.symbol}", f"with={trigger.base}|{cue.base or cue.symbol}"))
    found.extend(f"any={cue.base or cue.symbol}" for cue in cues[:LOOK] if cue.symbol not in PLAIN)
    return list(dict.fromkeys(found))


def _medium(base: str, first: dict[str, Cue], anywhere: dict[str, Cue]) -> tuple[Mode, Cue] | None:
    """Telephone or video, where the words name it and the contact word does not name another way."""
    if "video" in first or (base in ("summit", "talk", "conv", "meetn", "meet", "talks") and "video" in anywhere):
        return "video", first.get("video") or anywhere["video"]
    if base in ("call", "phone"):
        return "call", first.get(base) or anywhere[base]
    spoken = base in ("talk", "conv", "talks", "discuss")
    if spoken and ("phone" in first or "call" in first):
        return "call", first.get("phone") or first["call"]
    if base in ("talk", "conv", "discuss") and "call" in anywhere:
        return "call", anywhere["call"]
    if base == "meet" and "call" in first:  # "a call took place"
        return "call", first["call"]
    return None


def _speaks_of_head(near: list[Cue], main: Link | None, holder: Holder | None) -> bool:
    """Whether a foreign minister or deputy tells of a contact of the own head of state or government, not of its own."""
    if main is None or holder is None or holder.office not in ("foreign_minister", "deputy"):
        return False
    if any(cue.symbol in ("SELF", "first") for cue in near):
        return False
    heads = ("head_of_state", "head_of_government", "monarch", "crown_prince")
    return any(cue.symbol == "DOM" and cue.party is not None and cue.party.office in heads and cue.first < main.trigger.first for cue in near)


def _partners(cues: list[Cue], near: list[Cue], main: Link | None, holder: Holder | None) -> tuple[Party, ...]:
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
        found = [cue for cue in near if cue.symbol in ("CTY", "CAP", "ORG") and cue.party is not None and cue.party.country != home][:1]
    if holder is None or holder.office not in LEADER_OFFICES or _speaks_of_head(near, main, holder):
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
