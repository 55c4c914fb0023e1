"""The user's `[[leader]]` tables: additions, corrections, and errors that say what to do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.leaders import Leader, OverlayError, Registry, load, slug_for
from monitor.leaders.overlay import KEYS, overlaid

TODAY = date(2026, 11, 22)


def test_a_new_leader_takes_office_and_the_one_before_leaves() -> None:
    registry = load([{"name": "Jane Doe", "country": "FJ", "office": "head_of_government", "start": "2026-11-01"}])
    now = registry.resolve("FJ", "head_of_government", TODAY)
    assert now is not None
    assert (now.slug, now.title, now.start) == ("jane-doe", "Prime Minister", date(2026, 11, 1))
    before = registry.holders("FJ", date(2026, 10, 31), "head_of_government")
    assert [term.slug for term in before] == ["sitiveni-rabuka"]


def test_beside_leaves_the_others_in_office() -> None:
    table = {"name": "Jane Doe", "country": "FJ", "office": "head_of_state", "start": "2026-11-01", "beside": True}
    assert len(load([table]).holders("FJ", TODAY, "head_of_state")) == 2


def test_deputies_do_not_follow_each_other() -> None:
    table = {"name": "Jane Doe", "country": "IN", "office": "deputy", "start": "2026-11-01"}
    assert "c-p-radhakrishnan" in [term.slug for term in load([table]).holders("IN", TODAY, "deputy")]


def test_names_and_handles_are_added_to_somebody_known_by_name() -> None:
    registry = load([{"name": "Narendra Modi", "aliases": ["NaMo ji"], "handles": ["@namo"], "ambiguous": ["Narendra"]}])
    assert registry.by_name("namo ji") == ("narendra-modi",)
    assert registry.by_handle("NAMO") == "narendra-modi"
    assert "Narendra" in registry["narendra-modi"].ambiguous


def test_an_alias_can_be_made_ambiguous() -> None:
    modi = load([{"slug": "narendra-modi", "ambiguous": ["Modi"]}])["narendra-modi"]
    assert "Modi" in modi.ambiguous
    assert "Modi" not in modi.aliases


def test_the_end_of_a_term_is_corrected() -> None:
    registry = load([{"slug": "narendra-modi", "country": "IN", "office": "head_of_government", "end": date(2026, 11, 1)}])
    assert registry.term("narendra-modi", TODAY) is None
    term = registry.term("narendra-modi", date(2026, 10, 31))
    assert term is not None
    assert term.start == date(2014, 5, 26)


def test_a_person_or_a_term_can_be_removed() -> None:
    assert "narendra-modi" not in load([{"slug": "narendra-modi", "remove": True}])
    registry = load([{"slug": "vladimir-putin", "country": "RU", "office": "head_of_government", "remove": True}])
    assert {term.office for term in registry["vladimir-putin"].terms} == {"head_of_state"}


def test_a_new_name_keeps_the_old_one() -> None:
    registry = load([{"slug": "narendra-modi", "name": "Narendra Damodardas Modi"}])
    assert registry.by_name("Narendra Modi") == ("narendra-modi",)
    assert all(term.name == "Narendra Damodardas Modi" for term in registry["narendra-modi"].terms)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"nam": "X"}, r"\[\[leader\]\] 1: no key `nam`; did you mean `name`\?"),
        ({}, "needs a `name`, or the `slug`"),
        ({"name": ""}, "`name` must be text"),
        ({"name": "Jane Doe"}, "is new to the registry and needs a `country` and an `office`"),
        ({"name": "Jane Doe", "country": "FJ"}, "`office` is missing"),
        ({"name": "Jane Doe", "office": "minister"}, "`country` is missing"),
        ({"name": "Jane Doe", "country": "fiji", "office": "minister"}, "must be a code like IN"),
        ({"name": "Jane Doe", "country": "FJ", "office": "head_of_goverment"}, "did you mean 'head_of_government'"),
        ({"name": "Jane Doe", "country": "FJ", "office": "minister", "start": "1 May"}, "`start` must be a day like 2026-11-03"),
        ({"name": "Jane Doe", "country": "FJ", "office": "minister", "start": "2026-02-30"}, "`start` must be a day"),
        (
            {"name": "Jane Doe", "country": "FJ", "office": "minister", "start": "2026-05-01", "end": "2026-04-01"},
            "is not after `start`",
        ),
        ({"slug": "narendra-modi", "start": "2026-01-01"}, "belong to a term; add its `country` and `office`"),
        ({"slug": "narendra-mody", "aliases": ["M"]}, "did you mean `narendra-modi`"),
        ({"slug": "Modi!"}, "lower-case Latin letters"),
        ({"slug": "narendra-modi", "aliases": "Modi"}, "`aliases` must be a list of names"),
        ({"slug": "narendra-modi", "handles": ["@"]}, "`handles` must be a list of names"),
        ({"slug": "narendra-modi", "remove": "yes"}, "`remove` must be true or false"),
        ({"name": "Nobody At All", "remove": True}, "nothing to remove"),
        ({"slug": "narendra-modi", "country": "FR", "office": "deputy", "remove": True}, "has no such term to remove"),
    ],
)
def test_a_wrong_table_is_told_by_number_key_and_remedy(table: dict[str, Any], says: str) -> None:
    with pytest.raises(OverlayError, match=says):
        load([table])


def test_the_number_of_the_wrong_table_is_told() -> None:
    with pytest.raises(OverlayError, match=r"\[\[leader\]\] 2:"):
        load([{"slug": "narendra-modi", "aliases": ["NaMo ji"]}, {"x": 1}])


def test_a_name_that_only_slugs_confuse_asks_for_a_slug() -> None:
    people = {"jane-doe": Leader("jane-doe", "Jane Doe")}
    with pytest.raises(OverlayError, match="give a `slug`"):
        overlaid(people, [{"name": "Jané Doe", "country": "FJ", "office": "deputy"}])


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=12), st.dates(), st.lists(st.text(max_size=6), max_size=3),
    st.sampled_from(["IN", "narendra-modi", "Narendra Modi", "head_of_state", "2026-11-03", "2026"]),
)  # fmt: skip
TABLES = st.lists(st.dictionaries(st.sampled_from([*KEYS, "nmae"]), VALUES, max_size=6), max_size=3)
SMALL = {leader.slug: leader for leader in load() if any(term.country == "IN" for term in leader.terms)}


@given(TABLES)
@settings(max_examples=300, deadline=None)
def test_any_table_gives_a_registry_or_a_named_error(tables: list[dict[str, Any]]) -> None:
    try:
        leaders = overlaid(SMALL, tables)
    except OverlayError as error:
        assert str(error).startswith("[[leader]] ")
        return
    registry = Registry(leaders.values(), TODAY)
    for leader in registry:
        assert not set(leader.aliases) & set(leader.ambiguous)
        for term in leader.terms:
            assert (
                term.start is None
                or term.end is None
                or term.start < term.end
                or term not in SMALL.get(leader.slug, leader).terms
            )


@given(st.text(max_size=40))
def test_a_slug_of_any_name_is_a_slug_or_says_which_letters(name: str) -> None:
    slug = slug_for(name)
    assert slug == slug.lower()
    assert " " not in slug
