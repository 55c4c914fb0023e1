"""Words for countries, capitals, peoples and offices in the sixteen languages, as data.

Built by `tools/words_build.py`. Forms are as written in running text: a form of at most four letters all in capitals (US, UE, ООН)
is an acronym and means the country only in capitals. A form belongs to its language: `Hint` is Indian in Turkish alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from monitor.model import Office

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "fr", "es", "pt", "de", "it", "nl", "el", "ru", "uk", "tr", "ar", "he", "hi", "zh", "ja")

PlaceKind = Literal["country", "capital", "demonym"]


@cache
def _read(name: str) -> Mapping[str, Any]:
    table: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return table


def _forms(name: str, lang: str) -> Mapping[str, str]:
    forms: Mapping[str, str] = _read(name).get(lang, {})
    return forms


def countries(lang: str) -> Mapping[str, str]:
    """Names and usual short names of countries and organisations in that language -> code."""
    return _forms("countries", lang)


def capitals(lang: str) -> Mapping[str, str]:
    """Capitals and seats (Kremlin, White House) in that language -> code of the country."""
    return _forms("capitals", lang)


def demonyms(lang: str) -> Mapping[str, str]:
    """Adjectives and names of peoples in that language, inflected -> code."""
    return _forms("demonyms", lang)


def sides(lang: str) -> Mapping[str, str]:
    """One-character names of countries in Chinese and Japanese headlines (日印, 中方, 米側) -> code."""
    return _forms("sides", lang)


def weak(lang: str) -> frozenset[str]:
    """Forms of the above that are as often something else (Jordan, Georgia, Turkey, סין): they need context."""
    return frozenset(_read("weak").get(lang, ()))


def places() -> Iterator[tuple[str, str, PlaceKind, str]]:
    """Every form as (form, code, kind, language)."""
    kinds: tuple[tuple[str, PlaceKind], ...] = (("countries", "country"), ("capitals", "capital"), ("demonyms", "demonym"))
    for name, kind in kinds:
        for lang, forms in _read(name).items():
            for form, code in forms.items():
                yield form, code, kind, lang


def titles(lang: str) -> Mapping[Office, tuple[str, ...]]:
    """Office -> titles in that language, inflected, the longest first. `none` holds what looks like an office and is none."""
    return {office: tuple(forms) for office, forms in _read("titles").get(lang, {}).items()}


def flag(code: str) -> str | None:
    """The flag emoji of a country of two letters (also EU and UN); None for other organisations."""
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        return None
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code.upper())
