"""The message catalogue: a desk's own language, one file each in `locale/`, plural rules by CLDR (babel)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale

LANGUAGES = {"en": "en_GB", "fr": "fr", "es": "es", "hi": "hi"}
"""Languages of alerts, each with the CLDR locale of its dates."""


@dataclass(frozen=True)
class Catalogue:
    """The words of one language."""

    language: str
    locale: Locale
    words: Mapping[str, Any]

    def __call__(self, key: str, n: int | None = None, **values: object) -> str:
        """The words under a dotted key, filled in. `n` chooses the plural and is itself filled in. KeyError for an unknown key."""
        found: Any = self.words
        for part in key.split("."):
            found = found[part]
        if isinstance(found, Mapping):
            assert n is not None, key
            found = found.get(self.locale.plural_form(n), found["other"])
        return str(found).format(n=n, **values)

    def has(self, key: str) -> bool:
        found: Any = self.words
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                return False
            found = found[part]
        return True

    def ordinal(self, n: int) -> str:
        forms = self.words["ordinal"]
        return str(forms.get(self.locale.ordinal_form(n), forms["other"])).format(n=n)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of one of LANGUAGES. ValueError for another."""
    if language not in LANGUAGES:
        raise ValueError(f'"{language}": alerts speak {", ".join(LANGUAGES)}')
    text = files("monitor.compose").joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    return Catalogue(language, Locale.parse(LANGUAGES[language]), tomllib.loads(text))
