"""The shipped data keeps its own rules."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from itertools import pairwise

import pytest
from babel import Locale

from monitor.leaders import Registry, Term, directory, load
from monitor.leaders.values import OFFICES, SINGLE, STATUSES

REGISTRY = load()
TERMS = [term for leader in REGISTRY for term in leader.terms]
TERRITORIES = {code for code in Locale.parse("en").territories if re.fullmatch("[A-Z]{2}", str(code))}
ORGANISATIONS = {code for code in REGISTRY.countries() if len(code) > 2} | {"WB"}

MEMBERS = set(
    """AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV
    CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HN HR HT HU ID IE IL IN IQ IR IS IT
    JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MR MT MU MV MW MX MY MZ
    NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ
    TD TG TH TJ TL TM TN TO TR TT TV TZ UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW PS""".split()
)

TOGETHER = {
    ("NI", "head_of_state"),  # co-presidents
    ("SM", "head_of_state"),  # two captains regent
    ("BA", "head_of_state"),  # a presidency of three
    ("LY", "head_of_state"),  # 2011: the old and the new at once
    ("SV", "head_of_state"), ("SV", "head_of_government"),  # a deputy for the months of a campaign
    ("KR", "head_of_state"), ("TH", "head_of_government"), ("PG", "head_of_government"),  # acting while the holder was suspended
}  # fmt: skip


def test_every_member_of_the_united_nations_has_leaders_today() -> None:
    lacking = [
        code for code in MEMBERS
        if not any(t.office in ("head_of_state", "head_of_government", "monarch") for t in REGISTRY.holders(code, REGISTRY.as_of))
    ]  # fmt: skip
    assert set(lacking) <= {"SM"}  # its two captains regent serve for six months only


def test_codes_offices_and_statuses_are_known() -> None:
    for term in TERMS:
        assert term.country in TERRITORIES or term.country in ORGANISATIONS, term
        assert term.office in OFFICES, term
        assert term.status in STATUSES, term


def test_terms_begin_before_they_end_and_the_past_is_former() -> None:
    for term in TERMS:
        if term.start and term.end:
            assert term.start < term.end, term
        if term.end is not None:
            assert term.status == "former", term
        if term.status == "unconfirmed":
            assert term.seen is not None, term
        assert term.start is None or date(1930, 1, 1) < term.start <= date(2027, 1, 1), term


def test_an_office_of_one_has_one_holder_at_a_time() -> None:
    held: dict[tuple[str, str], list[Term]] = defaultdict(list)
    for term in TERMS:
        if term.office in SINGLE and (term.country, term.office) not in TOGETHER and term.status != "unconfirmed":
            held[term.country, term.office].append(term)
    for terms in held.values():
        terms.sort(key=lambda term: term.start or date.min)
        for before, after in pairwise(terms):
            if before.slug != after.slug and before.country not in ("AE", "SA"):
                assert before.end is not None, (before, after)
                assert before.end <= (after.start or date.min), (before, after)


def test_no_name_matches_alone_and_is_shared() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for name, slug, _ in REGISTRY.names():
        owners[name.casefold()].add(slug)
    shared = [(name, slug) for name, slug, ambiguous in REGISTRY.names() if not ambiguous and len(owners[name.casefold()]) > 1]
    assert not shared


def test_no_name_is_both_ambiguous_and_not() -> None:
    for leader in REGISTRY:
        assert not set(leader.aliases) & set(leader.ambiguous), leader.slug
        assert leader.name not in leader.ambiguous, leader.slug


def test_names_are_clean() -> None:
    for name, slug, _ in REGISTRY.names():
        assert name == name.strip(), slug
        assert 1 < len(name) <= 60, (name, slug)
        assert not re.search(r"[()\[\]@#:;]|\d{3}|\b(and|or|note|aka|acting|departed|previously)\b", name), (name, slug)


def test_slugs_are_slugs() -> None:
    for leader in REGISTRY:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", leader.slug), leader.slug
        assert leader.terms, leader.slug


def test_handles_are_handles_and_nobody_shares_one() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for handle, slug in REGISTRY.handles():
        assert re.fullmatch(r"[A-Za-z0-9_]{1,15}|[a-z0-9.-]+\.[a-z]{2,}", handle), (handle, slug)
        owners[handle.casefold()].add(slug)
    assert not [handle for handle, slugs in owners.items() if len(slugs) > 1]


def test_an_office_account_is_not_also_a_person() -> None:
    people = {handle.casefold() for handle, _ in REGISTRY.handles()}
    assert not people & {handle for handle, entry in directory.institutions().items() if entry.kind != "leader"}


@pytest.mark.parametrize("slug", ["donald-trump", "narendra-modi", "emmanuel-macron", "vladimir-putin", "volodymyr-zelenskyy", "xi-jinping",
                                  "friedrich-merz", "sanae-takaichi", "benjamin-netanyahu", "mohammed-bin-salman", "recep-tayyip-erdogan"])  # fmt: skip
def test_the_best_known_have_names_in_every_script(slug: str) -> None:
    names = "".join((REGISTRY[slug].name, *REGISTRY[slug].aliases, *REGISTRY[slug].ambiguous))
    for script in ("α-ω", "а-я", "ا-ي", "א-ת", "क-ह", "一-鿿"):
        assert re.search(f"[{script}]", names), (slug, script)


def test_the_registry_is_dated_and_covers_what_it_should() -> None:
    assert isinstance(REGISTRY, Registry)
    assert REGISTRY.as_of >= date(2026, 10, 8)
    assert len(REGISTRY) > 2_000
    for code in ("EU", "UN", "NATO", "AFRICAN_UNION", "ASEAN", "IMF", "WB", "WHO", "IAEA", "OSCE", "GCC", "ARABLEAGUE"):
        assert REGISTRY.holders(code, REGISTRY.as_of), code
