"""Every language says everything that English says, with the same values filled in."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, get_args

import pytest

from monitor.compose import LANGUAGES, Desk, digest, notice
from monitor.compose.catalogue import catalogue
from monitor.decision import Waiting
from monitor.model import Message, Mode, Notice, Office, Status
from tests.compose.samples import NOW, contact, said

OTHERS = [language for language in LANGUAGES if language != "en"]
PLURAL = {"zero", "one", "two", "few", "many", "other"}


def texts(language: str) -> dict[str, Any]:
    return tomllib.loads(files("monitor.compose").joinpath("locale", f"{language}.toml").read_text("utf-8"))


def leaves(words: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in words.items():
        if isinstance(value, Mapping) and not set(value) <= PLURAL:
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key, value


def fields(value: Any) -> set[str]:
    found = value.values() if isinstance(value, Mapping) else [value]
    return {name for text in found for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_same_keys_and_values_as_english(language: str) -> None:
    english, other = dict(leaves(texts("en"))), dict(leaves(texts(language)))
    assert english.keys() == other.keys()
    assert {k: fields(v) for k, v in english.items()} == {k: fields(v) for k, v in other.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_its_other(language: str) -> None:
    tables = [v for _, v in leaves(texts(language)) if isinstance(v, Mapping)]
    assert tables
    assert all("other" in table for table in tables)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mode_status_and_office_has_words(language: str) -> None:
    words = catalogue(language)
    assert all(words.has(f"mode.{mode}.{status}") for mode in get_args(Mode) for status in (*get_args(Status), "just"))
    assert all(words.has(f"office.{office}") for office in get_args(Office) if office != "none")


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match='"xx": alerts speak en, fr, es, hi'):
        catalogue("xx")


@pytest.mark.parametrize(("language", "first", "third"), [("en", "1st", "3rd"), ("fr", "1er", "3e"), ("es", "1.º", "3.º"), ("hi", "1ला", "3रा")])
def test_ordinals_follow_the_language(language: str, first: str, third: str) -> None:
    words = catalogue(language)
    assert (words.ordinal(1), words.ordinal(3)) == (first, third)
    assert catalogue("en").ordinal(12) == "12th"


@pytest.mark.parametrize(("language", "headline"), [
    ("fr", "☎️ 🇮🇳 Narendra Modi – 🇺🇸 Donald Trump : appel à l’instant · très probable"),
    ("es", "☎️ 🇮🇳 Narendra Modi – 🇺🇸 Donald Trump: llamada recién terminada · muy probable"),
    ("hi", "☎️ 🇮🇳 Narendra Modi – 🇺🇸 Donald Trump: अभी फ़ोन पर बात हुई · बहुत संभावित"),
])  # fmt: skip
def test_a_desk_reads_its_own_language(language: str, headline: str) -> None:
    assert said(desk=Desk(language)).headline == headline


def test_countries_and_languages_are_named_in_the_desks_language() -> None:
    message = said(desk=Desk("fr"))
    assert "Se sont exprimés : États-Unis. Silencieux à ce stade : Inde." in message.lines
    assert message.quote_note == "original : anglais"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_digest_counts_and_lists(language: str) -> None:
    at = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
    waiting = [Waiting(n, n, "desk", "new", f"c{n}", Message("new", f"c{n}", f"Headline {n}"), at + timedelta(minutes=n)) for n in range(23)]
    message = digest(waiting, Desk(language), NOW)
    assert message.headline.startswith("23 ")
    assert message.lines[0] == "Headline 0 [c0]"
    assert len(message.lines) == 21
    assert "3" in message.lines[-1]
    assert digest([waiting[0], replace(waiting[1], contact="c0")], Desk("en"), NOW).lines == ("Headline 1 [c1]",)
    assert digest(waiting[:1], Desk("en"), NOW, flood=True).headline.startswith("1 alert held back")


def test_a_notice_is_one_clean_line() -> None:
    message = notice(Notice("account:x", "account_unreachable", "Account x\r\nis \u202egone"), Desk())
    assert message.headline == "Hotline: Account x is gone"
    assert message.urgent
    assert notice(Notice("x", "y", "z"), Desk(name="Newsdesk")).headline == "Newsdesk: z"
    assert not notice(Notice("account:x", "account_unreachable", "back", resolved=True), Desk()).urgent


def test_a_contact_without_words_for_its_time_shows_none() -> None:
    assert not any(line.startswith("When") for line in said(after=contact(when=None)).lines)
