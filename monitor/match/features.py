"""What the confidence model sees of a post: named facts of the engine's own, none of them a word of the post."""

from __future__ import annotations

from itertools import pairwise

from monitor.match.cues import Cue
from monitor.match.links import Link
from monitor.match.parties import LEADER_OFFICES
from monitor.match.status import LOOK, PLAIN, status_of
from monitor.model import Holder

_OFFICIAL = frozenset({"presidency", "pm_office", "foreign_ministry", "government", "press_office", "royal_house"})
_WATCHED = frozenset(
    "modal wish cond neg opinion appeal lower hist longago LOW FORM domestic media speech quote fut lookfwd now today future thank congrat"
    " condole invite cancel postpone deny message topic_security SELF DOM first".split()
)


def speaker(holder: Holder | None) -> str:
    if holder is None:
        return "unknown"
    if holder.office in LEADER_OFFICES:
        return "leader"
    if holder.kind in _OFFICIAL:
        return "office"
    if holder.kind == "leader":
        return "former"  # a person who holds no leader's office at the time
    return "media" if holder.kind == "media" else "other"


def third(holder: Holder | None) -> bool:
    """Whether the account speaks for no leader: then its own meetings are no leader contacts."""
    return speaker(holder) in ("other", "media", "former")


def features(cues: list[Cue], links: list[Link], holder: Holder | None, size: int) -> list[str]:
    """Names of the facts that hold of a post; each has one weight in the model."""
    who = speaker(holder)
    cues = cues[:LOOK]
    found = [f"who={who}", f"size={min(size // 15, 4)}"]
    symbols = {cue.symbol for cue in cues}
    found.extend(f"has={symbol}" for symbol in symbols if symbol not in PLAIN)
    bases = {cue.base for cue in cues if cue.base}
    found.extend(f"base={base}" for base in bases)
    salient = [cue for cue in cues if cue.symbol not in PLAIN]
    for one, two in pairwise(salient):
        if one.sentence == two.sentence:
            found.append(f"pair={one.base or one.symbol}>{two.base or two.symbol}")
    if salient:
        found.append(f"opens={salient[0].symbol}")
        found.append(f"opens={'>'.join(cue.base or cue.symbol for cue in salient[:2])}")
    if len(cues) <= 5:  # a caption: its whole sequence
        found.append(f"whole={' '.join(cue.base or cue.symbol for cue in cues)}")
        found.append(f"short={'+'.join(sorted({cue.base or cue.symbol for cue in salient}))}")
    found.append(f"foreign={min(sum(cue.symbol == 'FL' for cue in cues), 3)}")
    found.extend(_trips(cues))
    if not links:
        found.append("link=none")
        found.extend(f"alone={cue.symbol}|{who}" for cue in salient if cue.base in ("summit", "visit", "meetn", "talks"))
    else:
        found.extend(_of_link(cues, links[0], who))
        status, _ = status_of(cues, [cue for cue in cues if cue.sentence == links[0].trigger.sentence], links[0])
        found.append(f"status={status}|{links[0].party.symbol}")
        found.append(f"status={status}|{links[0].trigger.base}")
        if _others_only(cues, links[0]):
            found.append(f"others={links[0].trigger.base}|{who}")
            found.extend(_weighty("others"))
        if who not in ("leader", "office") and _own_leader_abroad(cues, links[0]):
            found.extend(_weighty("abroad"))
        if links[0].trigger.base in ("receive", "greet") and any(cue.symbol == "act" and 0 < cue.first - links[0].trigger.last <= 12 for cue in cues):
            found.extend(_weighty("welcomes_act"))  # "welcomes the decision of"
        lead = [cue.symbol for cue in cues if cue.sentence == links[0].trigger.sentence and cue.first < links[0].trigger.last]
        found.extend(name for symbol in ("cond", "hist", "longago", "wish", "media", "speech") if symbol in lead for name in _weighty(f"lead.{symbol}"))
        found.append(f"sides={_sides(cues, links[0], holder, who)}|{who}")
        for link in links[1:4]:
            found.append(f"other={link.trigger.base}|{link.party.symbol}")
    return list(dict.fromkeys(found))


def _trips(cues: list[Cue]) -> list[str]:
    """A leader who arrives on a visit, or whose visit does not take place: contacts even where no other leader is named."""
    found: list[str] = []
    for visit in cues:
        if visit.base != "visit":
            continue
        near = [cue for cue in cues if abs(cue.sentence - visit.sentence) <= (visit.tense == "")]
        if not any(cue.party is not None and cue.party.leader for cue in near):
            continue
        if visit.tense == "" and any(cue.symbol == "visit_now" for cue in near):
            found.extend(_weighty("lands_on_visit"))
        if any(cue.symbol in ("cancel", "postpone", "deny") and cue.sentence == visit.sentence for cue in near):
            found.extend(_weighty("visit_off"))
    return found


def _weighty(name: str) -> tuple[str, ...]:
    """A fact that is rare and telling, thrice: the model's penalty then holds it back less."""
    return f"{name}=1", f"{name}=2", f"{name}=3"


def _own_leader_abroad(cues: list[Cue], link: Link) -> bool:
    """Whether an envoy tells of a visit of the own country's leader to another country."""
    near = {cue.symbol for cue in cues if cue.sentence == link.trigger.sentence}
    abroad = any(cue.symbol in ("CAP", "CTY") for cue in cues)
    return link.trigger.base in ("visit", "greet", "receive") and bool({"DOM", "SELF"} & near) and abroad


def _others_only(cues: list[Cue], link: Link) -> bool:
    """Whether the sentence tells of two other leaders, and neither of the account's own nor of itself."""
    near = [cue for cue in cues if cue.sentence == link.trigger.sentence]
    others = {cue.party.country for cue in near if cue.symbol == "FL" and cue.party is not None}
    return len(others) > 1 and not any(cue.symbol in ("SELF", "DOM", "first", "HOME") for cue in near)


def _sides(cues: list[Cue], link: Link, holder: Holder | None, who: str) -> int:
    """How many countries' leaders the link's sentence brings together, the account's own holder among them."""
    sides = {cue.party.country or id(cue.party) for cue in cues if cue.party is not None and cue.sentence == link.trigger.sentence and cue.party.leader}
    if who == "leader" and holder is not None:
        sides.add(holder.country or "")
    return min(len(sides), 3)


def _of_link(cues: list[Cue], link: Link, who: str) -> list[str]:
    trigger, party = link.trigger, link.party
    gap = "0" if link.gap <= 1 else "3" if link.gap <= 3 else "8" if link.gap <= 8 else "far"
    order = "after" if link.after else "before"
    found = [
        f"link={trigger.base}|{party.symbol}", f"link.trigger={trigger.symbol}", f"link.party={party.symbol}|{who}",
        f"link.prep={link.prep}|{party.symbol}", f"link.gap={gap}", f"link.order={trigger.base}|{order}",
        f"link.form={party.symbol}|{link.prep}|{gap}", f"link.sentence={min(trigger.sentence, 2)}",
        f"link.apart={abs(trigger.sentence - party.sentence)}", f"link.strength={int(link.score)}",
    ]  # fmt: skip
    near = [cue for cue in cues if cue.symbol not in PLAIN and cue.sentence == trigger.sentence]
    ahead = next((cue.symbol for cue in near if cue.first > trigger.last), "end")
    back = next((cue.symbol for cue in reversed(near) if cue.last < trigger.first), "start")
    found.append(f"around={back}|{trigger.base}|{ahead}")
    found.append(f"link={trigger.base}|{party.symbol}|{who}")
    found.extend(f"between={symbol}" for symbol in set(link.between) if symbol in _WATCHED)
    around = {(cue.symbol, cue.first < trigger.first) for cue in cues if cue.sentence == trigger.sentence and cue is not party}
    found.extend(f"{'before' if before else 'behind'}={symbol}" for symbol, before in around if symbol in _WATCHED)
    return found
