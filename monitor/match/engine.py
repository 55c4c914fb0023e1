"""The matcher: what the parts of a post say of contacts between leaders. Pure; one matcher serves all threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from monitor.leaders import Registry
from monitor.match.claims import Draft, draft
from monitor.match.cues import Cue, cues
from monitor.match.features import features, speaker, third
from monitor.match.forms import form_of
from monitor.match.gate import Gate
from monitor.match.gazetteer import Gazetteer, add_places
from monitor.match.glance import GLANCE, load_glance
from monitor.match.lexicon import Lexicon, add_languages, data_version, language_files
from monitor.match.links import Link, links
from monitor.match.model import MODE_WEIGHTS, WEIGHTS, Model, load_model, load_modes
from monitor.match.parties import PartyFinder
from monitor.match.reasons import reason_of
from monitor.match.rules import Phrases, Rules, with_people
from monitor.match.scan import judge_languages, scan
from monitor.match.tokens import Tokens, tokenize
from monitor.match.when import when_of
from monitor.match.where import place_of, topics_of
from monitor.model import PARTS, Claim, Evidence, Finding, Holder, PartName

CODE_VERSION = "1"
MATCHER_VERSION = f"{CODE_VERSION}-{data_version([*language_files(), WEIGHTS, MODE_WEIGHTS, GLANCE])}"
"""Changes whenever behaviour or data change."""


NEAR = 0.15
"""From this confidence a post is worked out in full: flagged, or kept as a near miss with what it nearly told."""


@dataclass(slots=True)
class Reading:
    """All that was read from one part."""

    part: PartName
    tokens: Tokens
    lang: str | None
    cues: list[Cue]
    links: list[Link]
    features: list[str]
    confidence: float


class Matcher:
    """Built once from a registry and the user's rules; `match` keeps no state of its own but caches."""

    def __init__(self, registry: Registry, rules: Rules = Rules()) -> None:  # noqa: B008 (frozen)
        registry, people = with_people(registry, rules)
        self.registry = registry
        self.rules = rules
        self.model: Model = load_model()
        self.modes = load_modes()
        self.lexicon = Lexicon()
        add_languages(self.lexicon, language_files())
        self.gazetteer = Gazetteer(registry, self.lexicon, frozenset())
        add_places(self.lexicon)
        for mode, forms in rules.words.items():
            for form in forms:
                self.lexicon.add(form, _CLASS_OF_MODE[mode])
        self.lexicon.seal()
        self.gate = Gate(self.lexicon, self.gazetteer, load_glance())
        quiet = ("nothing_to_read", "no_cue", "no_contact_word", "no_other_leader", "unlikely")
        self._quiet = {reason: _no(self.model.floor, reason) for reason in quiet}
        self.parties = PartyFinder(registry, self.gazetteer, people)
        self._watch = Phrases("watch", rules.watch)
        self._ignore = Phrases("ignore", rules.ignore)

    def match(self, parts: Mapping[PartName, str], holder: Holder | None, at: datetime, lang: str | None = None) -> Finding:
        """What a post says. `at` is the post's own time, aware; `lang` is the platform's opinion and is not trusted."""
        on = at.date()
        who = speaker(holder)
        readings = []
        reason = "nothing_to_read"
        for part in PARTS:
            text = parts.get(part)
            if text:
                why = self.gate.closed(text, who)
                if why is None:
                    readings.append(self.read(part, text, holder, on))
                elif reason not in ("no_other_leader", "unlikely"):
                    reason = why
        if not readings:
            found = self._quiet[reason]
            return self._ruled(found, parts) if self._watch else found
        main = max(readings, key=_standing)
        confidence = main.confidence
        if confidence < NEAR:
            reason = reason_of(main.cues, main.links, holder, flagged=False)
            return self._ruled(_no(confidence, reason, main.lang), parts)
        drafts = draft(main.cues, main.links, holder, self.modes)
        flagged = confidence >= self.model.threshold and bool(drafts)
        reason = reason_of(main.cues, main.links, holder, flagged=flagged)
        contacts = tuple(self._claim(one, main, holder, at, confidence) for one in drafts)
        found = Finding(
            flagged, confidence, reason, form_of(main.cues, drafts, holder, flagged=flagged), contacts,
            contacts[0].evidence if contacts else (), main.lang,
        )  # fmt: skip
        return self._ruled(found, parts)

    def read(self, part: PartName, text: str, holder: Holder | None, on: date) -> Reading:
        """Everything the engine sees in one part."""
        tokens = tokenize(text, self.lexicon.cjk_sizes, self.lexicon.cjk)
        bits, lang = judge_languages(tokens, self.lexicon)
        marks = scan(tokens, self.lexicon, bits)
        parties = self.parties.find(tokens, marks, holder, on)
        sequence = cues(marks, parties, third(holder), holder.country if holder else None)
        found = links(sequence)
        facts = features(sequence, found, holder, len(tokens))
        return Reading(part, tokens, lang, sequence, found, facts, self.model.confidence(facts))

    def _claim(self, one: Draft, reading: Reading, holder: Holder | None, at: datetime, confidence: float) -> Claim:
        spans: list[tuple[int, int, str]] = []
        if one.link is not None:
            spans.append((one.link.trigger.first, one.link.trigger.last, "trigger"))
        spans.extend((party.first, party.last, "party") for party in one.parties)
        spans.extend((cue.first, cue.last, role) for role, cue in one.proofs)
        when, when_span = when_of(reading.tokens, one.link.trigger if one.link else None, one.status, at, holder)
        status = one.status
        if when is not None and status == "happened" and when.start > at and (one.link is None or one.link.trigger.tense != "past"):
            status = "upcoming"  # a caption's present tense with a day to come
        place, place_span = place_of(reading.tokens, reading.cues, one.link, one.mode)
        spans.extend((*span, role) for span, role in ((when_span, "when"), (place_span, "where")) if span is not None)
        evidence = []
        for first, last, role in dict.fromkeys(spans):
            start, end = reading.tokens.span(first, last)
            evidence.append(Evidence(reading.part, start, end, role))
        return Claim(one.mode, status, one.participants, confidence, when, place, topics_of(reading.cues), tuple(evidence))

    def _ruled(self, found: Finding, parts: Mapping[PartName, str]) -> Finding:
        """The user's phrases over the matcher's own verdict; `ignore` wins over `watch`."""
        for phrases, flagged, reason in ((self._ignore, False, "ignored_phrase"), (self._watch, True, "watched_phrase")):
            if not phrases:
                continue
            for part, text in parts.items():
                span = phrases.find(text or "")
                if span is not None:
                    proof = Evidence(part, span[0], span[1], "rule")
                    sure = max(found.confidence, self.model.threshold) if flagged else found.confidence
                    return Finding(flagged, sure, reason, found.form, found.contacts, (*found.evidence, proof), found.lang)
        return found


_CLASS_OF_MODE = {
    "call": "call", "video": "video", "meeting": "meetn", "visit": "visit", "summit": "summit", "letter": "letter", "unspecified": "conv",
}  # fmt: skip


def _no(confidence: float, reason: str, lang: str | None = None) -> Finding:
    return Finding(flagged=False, confidence=confidence, reason=reason, form="other", lang=lang)


def _standing(reading: Reading) -> float:
    """Which part speaks for the post: the surest, the post's own words before quotes, pictures and the parent."""
    return reading.confidence - {"title": 0.0, "text": 0.0, "quote": 0.4, "card": 0.2, "alt": 0.2, "parent": 0.5}[reading.part]
