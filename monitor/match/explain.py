"""How a verdict came about, step by step, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.match.engine import Matcher
from monitor.match.features import speaker
from monitor.model import PARTS, Finding, Holder, PartName

_REASONS = {
    "no_cue": "no word of a contact and no other leader",
    "no_contact_word": "a leader is named, but no word of a contact",
    "no_other_leader": "a contact word, but no leader of another country or organisation",
    "unlikely": "a contact word and perhaps a leader, but not together as in posts that announce a contact",
    "one_leader_only": "only one leader is told of, and the account's holder is none",
    "below_leader_level": "the others are officials below leader level, or the matter is domestic",
    "former_leader": "the other is no longer, or not yet, in office",
    "appeal": "an appeal to a leader (calls on, urges), not a contact",
    "history": "looks back (anniversary, years ago), not a fresh contact",
    "hypothetical": "only if, or whether",
    "wish": "a wish or an offer, not a contact",
    "commentary": "comments on others, announces nothing",
    "demand": "says what should or could be, not what is",
    "media": "an interview, a film or a programme",
    "speech": "a speech or an address",
    "courtesy": "congratulations, condolences or greetings without a contact",
    "not_the_main_action": "a contact is mentioned, but it is not what the post announces",
    "nothing_to_read": "the post has no text",
    "watched_phrase": "a phrase that you watch for",
    "ignored_phrase": "a phrase that you ignore",
}


def explain(finding: Finding, parts: Mapping[PartName, str]) -> list[str]:
    """Lines of plain text: the verdict, why, each contact, and the words that told it."""
    verdict = "flagged" if finding.flagged else "not flagged"
    why = _REASONS.get(finding.reason, finding.reason.replace("_", " "))
    lines = [f"{verdict}, confidence {finding.confidence:.2f}: {why}"]
    lines.append(f"form: {finding.form}; language: {finding.lang or 'unknown'}")
    for claim in finding.contacts:
        people = ", ".join(f"{one.name or one.office or 'leader'} ({one.country or '?'})" for one in claim.participants)
        lines.append(f"{claim.mode}, {claim.status}: {people or 'nobody named'}")
        if claim.when is not None:
            lines.append(f"  when: {claim.when.start:%Y-%m-%d %H:%M} to {claim.when.end:%Y-%m-%d %H:%M} UTC ({claim.when.precision})")
        if claim.place is not None:
            lines.append(f"  where: {claim.place.name}" + (f" ({claim.place.country})" if claim.place.country else ""))
        if claim.topics:
            lines.append(f"  about: {', '.join(claim.topics)}")
        for proof in claim.evidence:
            words = parts.get(proof.part, "")[proof.start : proof.end]
            lines.append(f"  {proof.role}: “{words}” ({proof.part} {proof.start}–{proof.end})")
    lines.extend(finding.steps)
    return lines


def trace(matcher: Matcher, parts: Mapping[PartName, str], holder: Holder | None, at: datetime) -> list[str]:
    """How the engine read each part, step by step: the language, the parties, the cues in order, the best links, what weighed most."""
    lines: list[str] = []
    for part in PARTS:
        text = parts.get(part)
        if not text:
            continue
        closed = matcher.gate.closed(text, speaker(holder))
        if closed is not None:
            lines.append(f"{part}: not read further: {_REASONS.get(closed, closed)}")
            continue
        reading = matcher.read(part, text, holder, at.date())
        lines.append(f"{part}: language {reading.lang or 'unknown'}, confidence {reading.confidence:.2f}")
        for cue in reading.cues[:40]:
            if cue.party is not None:
                who = cue.party.name or cue.party.slug or cue.party.office or ""
                lines.append(f"  party “{reading.tokens.original(cue.first, cue.last)}”: {cue.party.kind} {who} {cue.party.country or ''}".rstrip())
            elif cue.base:
                lines.append(f"  contact word “{reading.tokens.original(cue.first, cue.last)}”: {cue.symbol}")
        for link in reading.links[:3]:
            words = [reading.tokens.original(cue.first, cue.last) for cue in (link.trigger, link.party)]
            lines.append(f"  link “{words[0]}” – “{words[1]}”: {link.score:.1f}")
        lines.extend(f"  {weight:+.2f} {name}" for name, weight in matcher.model.reasons(reading.features)[:12])
    return lines
