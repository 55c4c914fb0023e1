"""Questions to the registry, each for a day."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.leaders import Leader, Registry, Term, load

REGISTRY = load()


@pytest.mark.parametrize(
    ("country", "office", "on", "slug"),
    [
        ("IN", "head_of_government", date(2013, 1, 1), "manmohan-singh"),
        ("IN", "head_of_government", date(2014, 5, 26), "narendra-modi"),
        ("US", "head_of_state", date(2017, 1, 19), "barack-obama"),
        ("US", "head_of_state", date(2017, 1, 20), "donald-trump"),
        ("US", "head_of_state", date(2024, 7, 1), "joe-biden"),
        ("US", "foreign_minister", date(2012, 3, 1), "hillary-clinton"),
        ("GB", "head_of_government", date(2022, 9, 30), "liz-truss"),
        ("GB", "monarch", date(2022, 9, 1), "elizabeth-ii"),
        ("GB", "monarch", date(2024, 9, 1), "charles-iii"),
        ("RU", "head_of_state", date(2010, 6, 1), "dmitry-medvedev"),
        ("RU", "head_of_government", date(2010, 6, 1), "vladimir-putin"),
        ("DE", "head_of_government", date(2021, 12, 8), "olaf-scholz"),
        ("JP", "head_of_government", date(2019, 6, 28), "shinzo-abe"),
        ("UN", "org_head", date(2014, 1, 1), "ban-ki-moon"),
        ("NATO", "org_head", date(2024, 10, 1), "mark-rutte"),
        ("BR", "head_of_state", date(2010, 1, 1), "luiz-inacio-lula-da-silva"),
        ("BR", "head_of_state", date(2020, 1, 1), "jair-bolsonaro"),
        ("BR", "head_of_state", date(2024, 1, 1), "luiz-inacio-lula-da-silva"),
        ("UA", "head_of_state", date(2022, 2, 24), "volodymyr-zelenskyy"),
        ("PK", "head_of_government", date(2023, 10, 1), "anwaar-ul-haq-kakar"),
    ],
)
def test_an_office_resolves_to_who_held_it_that_day(country: str, office: str, on: date, slug: str) -> None:
    term = REGISTRY.resolve(country, office, on)  # type: ignore[arg-type]
    assert term is not None
    assert term.slug == slug


def test_several_holders_or_none_resolve_to_nobody() -> None:
    assert REGISTRY.resolve("NI", "head_of_state", date(2026, 1, 1)) is None  # two co-presidents
    assert REGISTRY.resolve("ZZ", "head_of_state", date(2026, 1, 1)) is None


def test_a_person_who_left_is_former_and_one_not_yet_in_office_is_elect() -> None:
    assert REGISTRY.term("joe-biden", date(2025, 1, 20)) is None
    former = REGISTRY.former("joe-biden", date(2025, 2, 1))
    assert former is not None
    assert former.country == "US"
    elect = REGISTRY.elect("donald-trump", date(2024, 12, 1))
    assert elect is not None
    assert elect.start == date(2025, 1, 20)
    assert REGISTRY.elect("donald-trump", date(2025, 2, 1)) is None


def test_the_most_senior_of_several_offices_is_named() -> None:
    term = REGISTRY.term("mohammed-bin-salman", date(2024, 1, 1))
    assert term is not None
    assert term.office == "head_of_government"


def test_a_surname_that_two_leaders_share_offers_both() -> None:
    assert {"shinzo-abe"} <= set(REGISTRY.by_name("abe"))
    assert {"lawrence-wong", "penny-wong"} <= set(REGISTRY.by_name("Wong"))
    assert {"ali-khamenei", "mojtaba-khamenei"} <= set(REGISTRY.by_name("Khamenei"))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Modi", "narendra-modi"), ("मोदी", "narendra-modi"), ("Зеленський", "volodymyr-zelenskyy"), ("Зеленский", "volodymyr-zelenskyy"),
        ("Ζελένσκι", "volodymyr-zelenskyy"), ("习近平", "xi-jinping"), ("習主席", "xi-jinping"), ("安倍首相", "shinzo-abe"),
        ("محمد بن سلمان", "mohammed-bin-salman"), ("נתניהו", "benjamin-netanyahu"), ("Selenskyj", "volodymyr-zelenskyy"),
        ("Путин", "vladimir-putin"), ("Макрон", "emmanuel-macron"), ("Μητσοτάκης", "kyriakos-mitsotakis"), ("高市総理", "sanae-takaichi"),
        ("トランプ", "donald-trump"), ("Erdoğan", "recep-tayyip-erdogan"), ("السيسي", "abdel-fattah-el-sisi"), ("MBZ", "mohamed-bin-zayed-al-nahyan"),
    ],
)  # fmt: skip
def test_names_in_every_script_mean_one_person(name: str, slug: str) -> None:
    assert REGISTRY.by_name(name) == (slug,)


def test_a_handle_means_its_owner_whatever_the_case() -> None:
    assert REGISTRY.by_handle("@NarendraModi") == "narendra-modi"
    assert REGISTRY.by_handle("emmanuelmacron") == "emmanuel-macron"
    assert REGISTRY.by_handle("nobody_at_all") is None


def _term(status: str = "current", seen: date | None = None, end: date | None = None) -> Term:
    return Term("a", "A", "FJ", "foreign_minister", "Minister", date(2020, 1, 1), end, status, seen)  # type: ignore[arg-type]


def test_a_term_ends_on_the_first_day_out_of_office() -> None:
    term = _term("former", end=date(2021, 1, 1))
    assert not term.holds(date(2019, 12, 31))
    assert term.holds(date(2020, 1, 1))
    assert term.holds(date(2020, 12, 31))
    assert not term.holds(date(2021, 1, 1))


def test_an_unconfirmed_holder_is_named_but_not_resolved() -> None:
    term = _term("unconfirmed", seen=date(2023, 1, 1))
    registry = Registry([Leader("a", "A", terms=(term,))], date(2026, 1, 1))
    assert registry.resolve("FJ", "foreign_minister", date(2022, 1, 1)) == term
    assert registry.holders("FJ", date(2024, 1, 1)) == (term,)
    assert registry.resolve("FJ", "foreign_minister", date(2024, 1, 1)) is None
    assert registry.holders("FJ", date(2027, 1, 1)) == ()


def test_an_unknown_slug_is_a_key_error_and_get_is_none() -> None:
    with pytest.raises(KeyError):
        REGISTRY["nobody"]
    assert REGISTRY.get("nobody") is None
    assert REGISTRY.term("nobody", date(2026, 1, 1)) is None
