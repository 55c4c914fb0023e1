"""Words for countries, capitals, peoples and offices."""

from __future__ import annotations

import re

import pytest

from monitor.leaders import load, words

REGISTRY = load()
KNOWN = set(REGISTRY.countries()) | {"GL", "FO", "PR", "GI"}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_state_has_a_name_in_every_language(lang: str) -> None:
    named = set(words.countries(lang).values())
    assert not {code for code in REGISTRY.countries() if len(code) == 2} - named - {"XS", "WB"} or "WB" in named
    assert {"EU", "UN", "NATO", "AFRICAN_UNION", "ASEAN", "IMF", "WHO", "IAEA", "OSCE", "GCC", "SCO", "OPEC"} <= named


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_g20_capital_and_office_has_a_word(lang: str) -> None:
    seats = set(words.capitals(lang).values())
    assert {
        "US",
        "CN",
        "IN",
        "RU",
        "FR",
        "DE",
        "GB",
        "JP",
        "BR",
        "ZA",
        "SA",
        "TR",
        "MX",
        "ID",
        "KR",
        "IT",
        "CA",
        "AU",
        "AR",
        "UA",
    } <= seats
    offices = words.titles(lang)
    assert {"head_of_state", "head_of_government", "deputy", "foreign_minister", "monarch", "crown_prince", "org_head"} <= set(
        offices
    )
    for forms in offices.values():
        assert list(forms) == sorted(forms, key=lambda form: (-len(form), form))


@pytest.mark.parametrize(
    ("lang", "form", "code"),
    [
        ("en", "French", "FR"), ("en", "Frenchman", "FR"), ("de", "ukrainischer", "UA"), ("de", "ukrainischen", "UA"), ("fr", "indienne", "IN"),
        ("ru", "российского", "RU"), ("ru", "французскому", "FR"), ("uk", "німецького", "DE"), ("uk", "польською", "PL"), ("es", "francesa", "FR"),
        ("pt", "alemã", "DE"), ("it", "francesi", "FR"), ("nl", "Franse", "FR"), ("nl", "Chinese", "CN"), ("el", "γαλλικού", "FR"),
        ("tr", "Alman", "DE"), ("ar", "الفرنسية", "FR"), ("ar", "الكوري الجنوبي", "KR"), ("he", "הצרפתי", "FR"), ("he", "אמריקאית", "US"), ("hi", "भारतीय", "IN"),
    ],
)  # fmt: skip
def test_peoples_are_inflected(lang: str, form: str, code: str) -> None:
    assert words.demonyms(lang)[form] == code


@pytest.mark.parametrize(
    ("lang", "form", "code"),
    [("en", "UK", "GB"), ("es", "EE.UU.", "US"), ("fr", "ONU", "UN"), ("de", "Vereinigten Staaten", "US"), ("it", "Cina", "CN"), ("nl", "VS", "US"),
     ("el", "ΗΠΑ", "US"), ("ru", "КНР", "CN"), ("uk", "США", "US"), ("tr", "ABD", "US"), ("ar", "الإمارات", "AE"), ("he", 'ארה"ב', "US"),
     ("hi", "अमेरिका", "US"), ("zh", "歐盟", "EU"), ("ja", "米国", "US"), ("en", "African Union", "AFRICAN_UNION")],
)  # fmt: skip
def test_usual_short_names_of_countries_are_known(lang: str, form: str, code: str) -> None:
    assert words.countries(lang)[form] == code


def test_capitals_are_known_in_many_scripts() -> None:
    for lang, form, code in (
        ("ru", "Вашингтон", "US"),
        ("zh", "新德里", "IN"),
        ("ar", "الرياض", "SA"),
        ("ja", "キーウ", "UA"),
        ("el", "Άγκυρα", "TR"),
        ("he", "הבית הלבן", "US"),
    ):
        assert words.capitals(lang)[form] == code


def test_places_are_clean_and_mean_known_countries() -> None:
    for form, code, kind, lang in words.places():
        assert code in KNOWN, (form, code)
        assert form == form.strip(), form
        assert form, (kind, lang, code)
        assert not re.search(r"[{}|=\t/]", form), form


def test_weak_forms_are_forms() -> None:
    for lang in words.LANGUAGES:
        every = {**words.countries(lang), **words.capitals(lang), **words.demonyms(lang), **words.sides(lang)}
        assert not words.weak(lang) - set(every), lang


def test_titles_are_clean() -> None:
    for lang in words.LANGUAGES:
        for office, forms in words.titles(lang).items():
            for form in forms:
                assert form == form.strip(), (lang, office)
                assert not re.search(r"[{};|]", form), (lang, office, form)


def test_a_flag_is_two_regional_letters() -> None:
    assert words.flag("IN") == "🇮🇳"
    assert words.flag("EU") == "🇪🇺"
    assert words.flag("NATO") is None
