"""Full text: one fold for what is stored and for what is looked up.

SQLite's own tokenizers know no words in Chinese, Japanese or Thai and cut Indic words at their vowel signs. So the fold
makes the words here and the index only splits at spaces: NFKC and casefold, accents off, Arabic letters in one form,
scripts written without spaces apart into single characters (a word of them is then a phrase), everything that is no
letter, mark or digit a space. A query goes through the same fold and is quoted word by word, so that nothing in it is
an operator.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SINGLE: Final = (  # scripts that are searched character by character
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul jamo
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),
    (0x3040, 0x31FF),  # kana, bopomofo
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),  # Hangul: particles are glued to its words
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_DROPPED: Final = ((0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F), (0x0670, 0x0670), (0x0640, 0x0640))
_SAME: Final = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "_": " "}
_CACHE: Final = 20_000  # characters remembered; a text of nothing but rare ones is folded one by one


class _Letters(dict[int, str]):
    """A translation table for `str.translate` that is filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if any(low <= code <= high for low, high in _DROPPED):
            out = ""
        elif unicodedata.category(char)[0] not in "LNM":
            out = "" if unicodedata.category(char) == "Cf" else " "
        elif any(low <= code <= high for low, high in _SINGLE):
            out = f" {char} "
        else:
            out = _SAME.get(char, char)
        if len(self) < _CACHE:
            self[code] = out
        return out


_letters: Final = _Letters({ord(char): to for char, to in _SAME.items()})
_QUERY: Final = re.compile(r'"([^"]*)"?|(\S+)')


def fold(text: str) -> str:
    """The words of `text` as they are indexed, apart by single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    text = text.casefold().translate(_letters)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = text.translate(_letters)  # what was composed only now (Hangul) is split now
    return " ".join(text.split())


def match_query(query: str) -> str | None:
    """An FTS5 expression for what a person typed; None if it holds no word.

    All words must occur; "words in quotes" in this order; a word with a star at its end is a beginning.
    """
    phrases = []
    for quoted, word in _QUERY.findall(query):
        folded = fold(quoted or word)
        if folded:
            phrases.append(f'"{folded}"' + ("*" if word.endswith("*") else ""))
    return " ".join(phrases) or None


def clean(text: str) -> str:
    """`text` as SQLite and every reader can hold it: paired surrogates joined, lone ones and NUL become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\ufffd") if "\x00" in text else text
