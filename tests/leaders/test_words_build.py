"""The tool that builds the words: inflection, expansion, and tables that fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.inflect import INFLECT
from tools.words_build import LANGUAGES, expand, names_of, put, rows


@pytest.mark.parametrize(
    ("lang", "cell", "forms"),
    [
        ("en", "Iraqi/Iraqis", {"Iraqi", "Iraqis"}),
        ("en", "American", {"American", "Americans"}),
        ("fr", "indien", {"indien", "indiens", "indienne", "indiennes"}),
        ("fr", "turc=turque=turcs=turques", {"turc", "turque", "turcs", "turques"}),
        ("es", "francés", {"francés", "francesa", "franceses", "francesas"}),
        ("pt", "espanhol", {"espanhol", "espanhola", "espanhóis", "espanholas"}),
        ("it", "britannico", {"britannico", "britannica", "britannici", "britanniche"}),
        ("de", "deutsch/Brite", {"deutsch", "deutsche", "deutscher", "deutschen", "deutschem", "deutsches", "Brite", "Briten", "Britin", "Britinnen"}),
        ("nl", "Chinees", {"Chinees", "Chinese"}),
        ("ru", "немецкий", {"немецкий", "немецкого", "немецкому", "немецким", "немецком", "немецкая", "немецкой", "немецкую", "немецкое", "немецкие", "немецких", "немецкими"}),
        ("uk", "польський/поляк", {"польський", "польського", "польському", "польським", "польська", "польської", "польській", "польську", "польською", "польське", "польські", "польських", "польськими", "поляк"}),
        ("he", "צרפתי", {"צרפתי", "הצרפתי", "צרפתית", "הצרפתית", "צרפתים", "הצרפתים", "צרפתיות", "הצרפתיות"}),
    ],
)  # fmt: skip
def test_a_cell_gives_every_written_form(lang: str, cell: str, forms: set[str]) -> None:
    assert set(INFLECT[lang](cell)) >= forms


def test_both_words_of_an_arabic_compound_agree() -> None:
    assert {"كوري جنوبي", "الكوري الجنوبي", "كورية جنوبية", "الكورية الجنوبية"} <= set(INFLECT["ar"]("كوري جنوبي"))


def test_braces_stand_for_alternatives() -> None:
    assert expand("{vice,deputy} president{,s}") == ["vice president", "vice presidents", "deputy president", "deputy presidents"]
    assert expand("king") == ["king"]


def test_a_name_with_brackets_is_two_names() -> None:
    assert names_of("Myanmar (Burma)") == ["Myanmar", "Burma"]
    assert names_of("Congo - Kinshasa") == []


def test_a_form_keeps_its_first_meaning_and_the_clash_is_told() -> None:
    table: dict[str, dict[str, str]] = {"en": {}}
    clashes: list[str] = []
    put(table, "en", ["Congo"], "CD", clashes)
    put(table, "en", ["Congo", " "], "CG", clashes)
    assert table == {"en": {"Congo": "CD"}}
    assert clashes == ["en: 'Congo' is CD and CG"]


@pytest.mark.parametrize("name", ["countries.tsv", "capitals.tsv", "more_capitals.tsv", "demonyms.tsv"])
def test_no_row_has_more_cells_than_languages(name: str) -> None:
    assert not [code for code, cells in rows(name) if len(cells) > len(LANGUAGES)]


@given(st.sampled_from(LANGUAGES), st.text(alphabet="abcćéио́йαςםيक中=/,- ", max_size=12))
def test_any_cell_is_inflected_without_an_error(lang: str, cell: str) -> None:
    assert isinstance(INFLECT[lang](cell), list)
