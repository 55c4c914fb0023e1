"""The matcher over the project's own cases, held to the targets: the flag, and each status, mode, form and trap by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC
from typing import get_args

import pytest

from monitor.leaders import load as load_leaders
from monitor.match import Matcher
from monitor.match.holder import find_slug
from monitor.model import Form, Holder, Kind, Mode, Office, Status
from tests.match import casebook
from tests.match.casebook import Answer, Case, f1, share, told

CASES = casebook.load()
LANGUAGES = ("ar", "de", "el", "en", "es", "fr", "he", "hi", "it", "ja", "nl", "pt", "ru", "tr", "uk", "zh")
MODES, STATUSES = get_args(Mode), get_args(Status)
TRAPS = sorted({case.trap for case in CASES if case.trap})
COMMON_TRAPS = [trap for trap in TRAPS if sum(case.trap == trap for case in CASES) >= 12]
TRAP_FLOOR = {"commentary": 0.5}  # a view of others' contact and news of it differ by tone alone


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    registry = load_leaders()
    matcher = Matcher(registry)
    found = []
    for case in CASES:
        held = case.holder
        slug = find_slug(held.name, held.country, registry, case.at.date()) if held.name else None
        holder = Holder(held.name, held.country, held.office, held.kind, slug)
        found.append(Answer(case, matcher.match(case.parts, holder, case.at)))
    return found


def test_at_least_700_cases_in_16_languages_half_of_them_without_a_contact() -> None:
    by_language = Counter(case.lang for case in CASES)
    assert len(CASES) >= 700
    assert set(by_language) == set(LANGUAGES)
    assert min(by_language.values()) >= 40
    assert 0.45 <= sum(case.label for case in CASES) / len(CASES) <= 0.55


@pytest.mark.parametrize("kind", ["mode", "status"])
def test_every_mode_and_status_has_30_cases_in_8_languages(kind: str) -> None:
    languages: dict[str, list[str]] = defaultdict(list)
    for case in CASES:
        if case.label:
            languages[getattr(case, kind)].append(case.lang)
    assert set(languages) == set(MODES if kind == "mode" else STATUSES)
    assert {value: len(found) for value, found in languages.items() if len(found) < 30} == {}
    assert {value: set(found) for value, found in languages.items() if len(set(found)) < 8} == {}


def test_every_case_is_well_formed_and_told_once() -> None:
    texts = Counter(" ".join(case.parts.values()) for case in CASES)
    assert [text for text, times in texts.items() if times > 1] == []
    assert len({case.id for case in CASES}) == len(CASES)
    assert [case.id for case in CASES if not _well_formed(case)] == []


def _well_formed(case: Case) -> bool:
    known = case.holder.office in get_args(Office) and case.holder.kind in get_args(Kind) and case.form in get_args(Form)
    if not (known and case.at.tzinfo == UTC and case.parts.get("text") and case.note):
        return False
    if not case.label:
        return case.mode is None and case.status is None and not case.participants and bool(case.trap) and case.form == "other"
    if case.mode not in MODES or case.status not in STATUSES or case.trap is not None:
        return False
    return bool(case.participants) and (case.status == "denied") == (case.form == "denial") and case.form != "other"


def test_contacts_are_told_from_everything_else(answers: list[Answer]) -> None:
    assert f1(answers) >= 0.92, told(one for one in answers if not one.right)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_contacts_are_told_in_each_language(answers: list[Answer], lang: str) -> None:
    chosen = [one for one in answers if one.case.lang == lang]
    assert f1(chosen) >= 0.88, told(one for one in chosen if not one.right)


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_told(answers: list[Answer], status: str) -> None:
    chosen = [one for one in answers if one.case.status == status]
    hits = [one for one in chosen if one.hit]
    assert len(hits) / len(chosen) >= 0.85, told(one for one in chosen if not one.hit)
    assert share(hits, Answer.status_right) >= 0.95, told(one for one in hits if not one.status_right())


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_is_told(answers: list[Answer], mode: str) -> None:
    chosen = [one for one in answers if one.case.mode == mode]
    hits = [one for one in chosen if one.hit]
    assert len(hits) / len(chosen) >= 0.85, told(one for one in chosen if not one.hit)
    assert share(hits, Answer.mode_right) >= 0.95, told(one for one in hits if not one.mode_right())


@pytest.mark.parametrize("trap", COMMON_TRAPS)
def test_no_trap_springs_often(answers: list[Answer], trap: str) -> None:
    chosen = [one for one in answers if one.case.trap == trap]
    assert share(chosen, lambda one: one.right) >= TRAP_FLOOR.get(trap, 0.8), told(one for one in chosen if not one.right)


def test_participants_are_named_with_their_countries(answers: list[Answer]) -> None:
    hits = [one for one in answers if one.hit]
    countries = sum(one.countries() for one in hits) / len(hits)
    found, wanted = (sum(column) for column in zip(*(one.names() for one in hits), strict=True))
    assert countries >= 0.92, told(one for one in hits if one.countries() < 1)
    assert found / wanted >= 0.92, told(one for one in hits if one.names()[0] < one.names()[1])


@pytest.mark.parametrize("form", ["readout", "denial", "follow_up"])
def test_each_form_is_told(answers: list[Answer], form: str) -> None:
    hits = [one for one in answers if one.case.form == form and one.hit]
    assert share(hits, lambda one: one.finding.form == form) >= 0.85, told(one for one in hits if one.finding.form != form)


def test_further_contacts_of_one_post_are_found(answers: list[Answer]) -> None:
    told_with = [(one, also) for one in answers for also in one.case.also]
    missed = [one for one, also in told_with if not one.found_also(also)]
    assert len(told_with) >= 10
    assert len(missed) / len(told_with) <= 0.25, told(missed)


def test_evidence_quotes_the_part_it_names(answers: list[Answer]) -> None:
    spans = [
        (one.case.id, proof.role, one.case.parts[proof.part][proof.start : proof.end])
        for one in answers
        for proof in (*one.finding.evidence, *(proof for claim in one.finding.contacts for proof in claim.evidence))
    ]
    assert spans
    assert [span for span in spans if not span[2] or span[2] != span[2].strip()] == []
    assert [one.case.id for one in answers if one.hit and not one.finding.evidence] == []


def test_every_verdict_has_a_reason_and_a_confidence(answers: list[Answer]) -> None:
    assert [one.case.id for one in answers if not one.finding.reason or not 0 <= one.finding.confidence <= 1] == []
