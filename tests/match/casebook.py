"""The project's own cases: invented posts of official accounts, and what a reader makes of each.

One file a language in `cases/`, one JSON object a line:

    id, lang, text     the post; `title`, `quote`, `card`, `alt`, `parent` where it has such parts
    account, holder    who posts: handle, and {name, country, office, kind}, as a configuration would say on that date
    date               when, UTC
    label              1: the post announces a contact between leaders; 0: it does not
    mode, status, form of the main contact (label 0: null, null, other)
    participants       of the main contact: ["Name (CC)"]; ["Prime Minister (FJ)"], ["leaders (EU)"] where no name is told
    also               further contacts of the same post: [{mode, status, participants}]
    trap               label 0: what could mislead (history, wish, appeal, …)
    note               why, in a few words

Every post is invented; what they tell never happened so, though the offices are those of the dates. Labels: one-way courtesy,
commentary, domestic meetings, officials below leader level and contacts told as history are 0. A present-tense caption has
happened; live, arrivals and welcomes are ongoing; cancelled includes postponed. "Spoke with" without a phone is unspecified.
A visit with a meeting is a meeting; a small summit is a meeting; a multilateral held by video is video. A form is `readout` where
a participant's own side tells what was spoken of, `follow_up` where the post leans on a contact told before.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.model import PARTS, Claim, Finding, Holder, PartName

FOLDER = Path(__file__).parent / "cases"
NAMED_LIKE_CONTACT: dict[str, frozenset[str]] = {"unspecified": frozenset({"unspecified", "call", "meeting", "video"})}
"""Modes that count as right: of a contact whose mode the post does not tell, a likely guess is no error."""
_PARTY = re.compile(r"^(.*?)\s*\(([^()]*)\)$")
_GENERIC = frozenset("president prime minister king leader leaders foreign ministers secretary chancellor emir queen".split())


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    lang: str
    parts: dict[PartName, str]
    holder: Holder
    at: datetime
    label: int
    mode: str | None
    status: str | None
    form: str
    participants: tuple[str, ...]
    also: tuple[dict[str, Any], ...]
    trap: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A case and what the matcher says of it."""

    case: Case
    finding: Finding

    @property
    def claim(self) -> Claim | None:
        """What was found of the main contact: the first claim, or of several contacts told the one that is meant."""
        if not self.finding.contacts:
            return None
        return max(self.finding.contacts, key=self._likeness) if self.case.also else self.finding.contacts[0]

    def _likeness(self, claim: Claim) -> int:
        codes = {code for _, code in map(party, self.case.participants)}
        found = {one.country for one in claim.participants}
        return 2 * len(codes & found) + (claim.status == self.case.status) + (claim.mode == self.case.mode)

    def found_also(self, also: dict[str, Any]) -> bool:
        """Whether a further contact of the post is among the claims, with its parties and status."""
        codes = {code for _, code in map(party, also["participants"])}
        return any(claim.status == also["status"] and codes <= {one.country for one in claim.participants} for claim in self.finding.contacts)

    @property
    def hit(self) -> bool:
        return bool(self.case.label) and self.finding.flagged

    @property
    def right(self) -> bool:
        return bool(self.case.label) == self.finding.flagged

    def mode_right(self) -> bool:
        return self.claim is not None and self.claim.mode in NAMED_LIKE_CONTACT.get(str(self.case.mode), {self.case.mode})

    def status_right(self) -> bool:
        return self.claim is not None and self.claim.status == self.case.status

    def countries(self) -> float:
        """F1 between the countries of the labelled and the found participants. An unnamed host of a visit is neither right nor wrong."""
        wanted = {code for _, code in map(party, self.case.participants) if code}
        people = self.claim.participants if self.claim else ()
        bare = self.case.mode in ("visit", "summit")
        found = {one.country for one in people if one.country and (one.name or not bare or one.country in wanted)}
        return 2 * len(wanted & found) / (len(wanted) + len(found)) if wanted or found else 1.0

    def names(self) -> tuple[int, int]:
        """How many of the participants named by a person's name are found, and how many there are."""
        found = " | ".join(plain(one.name or "") for one in self.claim.participants) if self.claim else ""
        wanted = [name for name, _ in map(party, self.case.participants) if is_person(name)]
        return sum(plain(name).split()[-1] in found for name in wanted), len(wanted)


def load(folder: Path = FOLDER) -> list[Case]:
    return [_case(json.loads(line)) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]


def _case(row: dict[str, Any]) -> Case:
    holder = row["holder"]
    return Case(
        row["id"], row["lang"], {part: row[part] for part in PARTS if part in row},
        Holder(holder["name"], holder["country"], holder["office"], holder["kind"]), datetime.fromisoformat(row["date"]),
        row["label"], row["mode"], row["status"], row["form"], tuple(row["participants"]), tuple(row.get("also", ())), row["trap"], row["note"],
    )  # fmt: skip


def plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name)
    return "".join(char for char in folded if not unicodedata.combining(char)).casefold().strip()


def party(text: str) -> tuple[str, str | None]:
    """Name and country or organisation of a labelled participant; a group of many has no one country."""
    match = _PARTY.match(text)
    if match is None:
        return text, None
    name, code = match.group(1), match.group(2)
    return name, code if re.fullmatch(r"[A-Z]{2}|NATO|WHO|AFRICAN_UNION", code) else None


def is_person(name: str) -> bool:
    words = name.split()
    return bool(words) and words[0][:1].isupper() and not _GENERIC & {word.casefold() for word in words[:2]}


def f1(answers: Iterable[Answer]) -> float:
    """F1 of the flag."""
    tally: Counter[tuple[bool, bool]] = Counter((bool(one.case.label), one.finding.flagged) for one in answers)
    hits, wrong = tally[True, True], tally[True, False] + tally[False, True]
    return 2 * hits / (2 * hits + wrong) if hits else 0.0


def share(answers: Sequence[Answer], good: Callable[[Answer], bool]) -> float:
    return sum(good(one) for one in answers) / len(answers) if answers else 0.0


def told(answers: Iterable[Answer]) -> str:
    """Wrong answers in words, for the message of a failing test."""
    lines = []
    for one in answers:
        said = one.claim
        got = f"{said.mode} {said.status}" if one.finding.flagged and said else "no contact"
        wanted = f"{one.case.mode} {one.case.status}" if one.case.label else f"no contact ({one.case.trap})"
        text = " ".join(one.case.parts.values()).replace("\n", " ")
        lines.append(f"{one.case.id}: {got}, not {wanted} [{one.finding.reason}, {one.finding.confidence:.2f}] {text[:160]}")
    return "\n".join(lines)
