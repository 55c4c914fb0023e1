"""Folding: one spelling for matching, with a way back to the offsets of the text as stored.

Text and language data are folded alike: compatibility forms, case, accents, vowel points, tatweel, invisible
characters and typographic quotes disappear; letters that are only spelled differently (ß, ø, ı, ى, ё) become one. Indic
vowel signs and the virama stay, for they are letters of the word. Folding works code point by code point, so every folded
character has an origin (`Folded.origin`).
"""

from __future__ import annotations

import re
import unicodedata

LIMIT = 8_000
"""Code points of a part that are read. Official posts end far earlier; what follows is quotation or padding."""

_SPECIAL = {
    "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h",
    "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ە": "ه", "ٱ": "ا", "ـ": "",
    "’": "'", "‘": "'", "ʼ": "'", "′": "'", "`": "'", "´": "'", "׳": "'", "״": '"', "“": '"', "”": '"', "„": '"',
    "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "־": "-", "\u2028": " ", "\u2029": " ",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ", "\r": " ", "\n": " ", "\t": " ",
    "。": "。", "！": "!", "？": "?", "，": ",", "、": ",", "：": ":", "；": ";", "（": "(", "）": ")",
}  # fmt: skip
_VIRAMA = 9  # canonical combining class of viramas: part of the word


_ONE: set[str] = set()
"""Characters met so far whose folding is one character."""


class _Table(dict[int, str]):
    """Code point to folded text, filled on demand; bounded by the number of code points."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        if char in _SPECIAL:
            folded = _SPECIAL[char]
        else:
            plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
            folded = "".join(_SPECIAL.get(c, c) for c in plain if not _dropped(c))
        self[point] = folded
        if len(folded) == 1:
            _ONE.add(char)
        return folded


def _dropped(char: str) -> bool:
    combining = unicodedata.combining(char)
    if combining:
        return combining != _VIRAMA
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


_TABLE = _Table()
_HTTP = re.compile(r"https?://\S*")
_BARE = re.compile(r"(?:www\.|pic\.twitter\.com/|(?<![a-z])(?:t\.co|bit\.ly|ow\.ly|fb\.me|youtu\.be)/)\S*")
_BARE_SIGNS = ("www.", "pic.twitter", "t.co/", "bit.ly/", "ow.ly/", "fb.me/", "youtu.be/")


def fold(text: str) -> str:
    """The folded text, addresses blanked out (each by as many spaces)."""
    folded = text.lower().replace("\n", " ").replace("\t", " ").replace("\r", " ") if text.isascii() else text.translate(_TABLE)
    if "://" in folded:
        folded = _HTTP.sub(_blank, folded)
    if any(sign in folded for sign in _BARE_SIGNS):
        folded = _BARE.sub(_blank, folded)
    return folded


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def fold_word(text: str) -> str:
    """A word or phrase of language data, folded as posts are."""
    return text.translate(_TABLE).strip()


def origins(text: str) -> list[int] | range:
    """For each folded character the index in `text` it came from, and at last `len(text)`."""
    if text.isascii():
        return range(len(text) + 1)
    if _ONE.issuperset(text):
        return range(len(text) + 1)
    origin: list[int] = []
    for index, char in enumerate(text):
        origin.extend([index] * len(_TABLE[ord(char)]))
    origin.append(len(text))
    return origin
