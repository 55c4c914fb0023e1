"""Words for countries, peoples and capitals, as (form, code, kind)."""

from __future__ import annotations

from collections.abc import Iterator


def places() -> Iterator[tuple[str, str, str]]:
    from babel import Locale

    for lang in ("en", "fr", "es", "pt", "de", "it", "nl", "el", "ru", "uk", "tr", "ar", "he", "hi", "zh", "ja"):
        for code, name in Locale.parse(lang).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("XA", "XB", "ZZ", "EZ", "QO"):
                yield name, code, "country"
