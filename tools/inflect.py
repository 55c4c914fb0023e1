"""Regular inflection of demonyms, for `words_build.py`: a table cell in, every written form out.

A cell lists adjectives, then after `/` nouns. Irregular forms are given in full, joined by `=`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


def _split(cell: str) -> tuple[list[str], list[str]]:
    adjectives, _, nouns = cell.partition("/")
    return [word for word in adjectives.split(",") if word], [word for word in nouns.split(",") if word]


def _each(rule: Callable[[str], Iterator[str]]) -> Callable[[str], list[str]]:
    """A rule for one word as a rule for a cell; irregular words pass through."""

    def inflect(cell: str) -> list[str]:
        forms: list[str] = []
        for word in (word for words in _split(cell) for word in words):
            forms += word.split("=") if "=" in word else rule(word)
        return forms

    return inflect


def _as_is(word: str) -> Iterator[str]:
    yield word


def _english(cell: str) -> list[str]:
    adjectives, nouns = _split(cell)
    plurals = [word + "s" for word in adjectives if word.endswith(("an", "er", "i", "ian"))]
    return [*adjectives, *plurals, *nouns]


def _french(word: str) -> Iterator[str]:
    if word.endswith("e"):
        yield from (word, word + "s")
    elif word.endswith(("en", "on")):
        yield from (word, word + "s", word + "ne", word + "nes")
    elif word.endswith("s"):
        yield from (word, word + "e", word + "es")
    else:
        yield from (word, word + "s", word + "e", word + "es")


def _spanish(word: str) -> Iterator[str]:
    accents = {"és": "es", "án": "an", "ón": "on"}
    if word.endswith("o"):
        yield from (word, word[:-1] + "a", word + "s", word[:-1] + "as")
    elif word[-2:] in accents:
        stem = word[:-2] + accents[word[-2:]]
        yield from (word, stem + "a", stem + "es", stem + "as")
    elif word.endswith("ol"):
        yield from (word, word + "a", word + "es", word + "as")
    elif word[-1] in "íú":
        yield from (word, word + "es", word + "s")
    else:
        yield from (word, word + ("s" if word[-1] in "ae" else "es"))


def _portuguese(word: str) -> Iterator[str]:
    if word.endswith("o") and not word.endswith("ão"):
        yield from (word, word[:-1] + "a", word + "s", word[:-1] + "as")
    elif word.endswith("ês"):
        yield from (word, *(word[:-2] + tail for tail in ("esa", "eses", "esas")))
    elif word.endswith("ão"):
        yield from (word, *(word[:-2] + tail for tail in ("ã", "ães", "ãs")))
    elif word.endswith("ol"):
        yield from (word, *(word[:-2] + tail for tail in ("ola", "óis", "olas")))
    elif word.endswith("eu"):
        yield from (word, word[:-2] + "eia", word + "s")
    else:
        yield from (word, word + ("s" if word[-1] in "aeiu" else "es"))


def _italian(word: str) -> Iterator[str]:
    yield word
    if word.endswith("ico"):
        yield from (word[:-1] + tail for tail in ("a", "i", "he"))
    elif word.endswith(("co", "go")):
        yield from (word[:-1] + tail for tail in ("a", "i", "hi", "he"))
    elif word.endswith("o"):
        yield from (word[:-1] + tail for tail in ("a", "i", "e"))
    elif word.endswith("e"):
        yield word[:-1] + "i"
    elif word.endswith("a"):
        yield from (word[:-1] + tail for tail in ("i", "e"))


def _german(cell: str) -> list[str]:
    adjectives, nouns = _split(cell)
    forms = [
        adjective + tail
        for adjective in adjectives
        for tail in (("", "e", "er", "en", "em", "es") if adjective[0].islower() or "-" in adjective else ("",))
    ]
    for noun in nouns:
        if noun.endswith("er"):
            forms += [noun, noun + "n", noun + "s", noun + "in", noun + "innen"]
        elif noun.endswith("e"):
            forms += [noun, noun + "n", noun[:-1] + "in", noun[:-1] + "innen"]
        else:
            forms += [noun, noun + "s", noun + "in"]
    return forms


def _dutch(cell: str) -> list[str]:
    adjectives, nouns = _split(cell)
    forms: list[str] = []
    for word in adjectives:
        forms += [word, word[:-3] + "ese" if word.endswith("ees") else word + "e"]
    return forms + nouns


def _greek(word: str) -> Iterator[str]:
    yield word
    if word.endswith(("ικός", "ινός", "ανός", "ιακός")):
        yield from (word[:-2] + tail for tail in ("ού", "ό", "οί", "ών", "ούς", "ή", "ής", "ές", "ά"))
    elif word[0].islower() and word.endswith("ος"):
        yield from (word[:-2] + tail for tail in ("ου", "ο", "οι", "ων", "ους", "η", "ης", "ες", "α"))


_RU_SKY = ("ский", "ского", "скому", "ским", "ском", "ская", "ской", "скую", "ское", "ские", "ских", "скими")
_RU_TSKY = tuple(tail.replace("ск", "цк", 1) for tail in _RU_SKY)


def _russian(word: str) -> Iterator[str]:
    if word.endswith("ский"):
        yield from (word[:-4] + tail for tail in _RU_SKY)
    elif word.endswith("цкий"):
        yield from (word[:-4] + tail for tail in _RU_TSKY)
    else:
        yield word


_UK_ENDINGS = ("ий", "ого", "ому", "им", "а", "ої", "ій", "у", "ою", "е", "і", "их", "ими")


def _ukrainian(word: str) -> Iterator[str]:
    if word.endswith("ий"):
        yield from (word[:-2] + tail for tail in _UK_ENDINGS)
    else:
        yield word


def _arabic(word: str) -> Iterator[str]:
    """With and without the article; both words of a compound agree."""
    for tail in ("", "ة", "ين", "ون"):
        form = " ".join(part + tail if part.endswith("ي") else part for part in word.split())
        yield form
        yield " ".join("ال" + part if part.endswith(("ي", "ية", "يين", "يون")) else part for part in form.split())


def _hebrew(word: str) -> Iterator[str]:
    for tail in ("", "ת", "ם", "ות"):
        yield word + tail
        yield "ה" + word + tail


INFLECT: dict[str, Callable[[str], list[str]]] = {
    "en": _english, "fr": _each(_french), "es": _each(_spanish), "pt": _each(_portuguese), "de": _german, "it": _each(_italian),
    "nl": _dutch, "el": _each(_greek), "ru": _each(_russian), "uk": _each(_ukrainian), "tr": _each(_as_is), "ar": _each(_arabic),
    "he": _each(_hebrew), "hi": _each(_as_is), "zh": _each(_as_is), "ja": _each(_as_is),
}  # fmt: skip
