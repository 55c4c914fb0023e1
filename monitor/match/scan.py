"""From tokens to marks: which words mean what, in the languages the text is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.match.lexicon import NOTHING, Lexicon
from monitor.match.tokens import CJK, FLAG, HANDLE, MARK, STOP, TAG, WORD, Tokens

ANY = ("name", "aname", "country", "demonym", "capital", "org", "handle")
_SCRIPTS = {"latin": 0, "cyrillic": 1, "greek": 2, "arabic": 3, "hebrew": 4, "devanagari": 5}


@dataclass(slots=True)
class Mark:
    """Tokens first..last (both included) mean `cls`; `data` is what a name or country stands for."""

    first: int
    last: int
    cls: str
    data: Any = None


def judge_languages(tokens: Tokens, lexicon: Lexicon) -> tuple[int, str | None]:
    """Bits of the languages the text is in, and the code of the foremost one; judged from script and function words."""
    tally: dict[int, int] = {}
    known = lexicon.function_words
    han = kana = 0
    for word, kind in zip(tokens.words, tokens.kinds, strict=True):
        if kind == WORD:
            bits = known.get(word)
            if bits:
                tally[bits] = tally.get(bits, 0) + 1
        elif kind == CJK:
            if "\u3040" <= word[0] <= "\u30ff":
                kana += 1
            else:
                han += 1
    scores: dict[int, int] = {}
    for mask, count in tally.items():
        for bit in lexicon.bits_of(mask):
            scores[bit] = scores.get(bit, 0) + count
    best = [(score, lexicon.code_of[bit], bit) for bit, score in scores.items()]
    for code, score in (("ja", kana + han if kana else 0), ("zh", han if han and kana * 4 < han + 4 else 0)):
        if score and code in lexicon.languages:
            best.append((score, code, lexicon.languages[code].bit))
    if not best:
        return -1, None
    best.sort(reverse=True)
    top = best[0][0]
    bits = 0
    for score, _, bit in best:
        if score * 2 >= top or (score >= 3 and top - score <= 4):
            bits |= bit
    return bits, best[0][1]


def scan(tokens: Tokens, lexicon: Lexicon, bits: int) -> list[Mark]:
    """All marks in reading order: at each token the longest form that begins there; forms do not overlap."""
    kinds = tokens.kinds
    words = tokens.words
    if TAG in kinds:
        words = [word[1:] if kind == TAG else word for word, kind in zip(words, kinds, strict=True)]
    marks: list[Mark] = []
    index, size = 0, len(words)
    longest = lexicon.longest
    remembered = lexicon.remembered
    while index < size:
        kind = kinds[index]
        word = words[index]
        if kind == WORD and remembered(word) is NOTHING:
            index += 1
            continue
        if kind == STOP:
            marks.append(Mark(index, index, "stop"))
            index += 1
            continue
        if kind == FLAG:
            marks.append(Mark(index, index, "country", "".join(chr(ord(char) - 0x1F1E6 + 65) for char in word)))
            index += 1
            continue
        if kind == MARK and word not in "&+":
            marks.append(Mark(index, index, word))
            index += 1
            continue
        found = longest(words, index, tokens.words[index] if kind == HANDLE else word, bits)
        if not found:
            if kind == HANDLE:
                marks.append(Mark(index, index, "handle", word))
            elif kind == MARK:
                marks.append(Mark(index, index, word))
            index += 1
            continue
        if len(found) == 1 and not found[0].upper:
            entry = found[0]
            last = index + entry.size - 1
            marks.append(Mark(index, last, entry.cls, entry.data))
            index = last + 1
            continue
        if kind == WORD and any(entry.upper for entry in found) and not _upper(tokens, index, found[0].size):
            found = tuple(entry for entry in found if not entry.upper)
        if found:
            last = index + found[0].size - 1
            seen: list[tuple[str, Any]] = []
            for entry in found:
                if (entry.cls, entry.data) not in seen:
                    seen.append((entry.cls, entry.data))
                    marks.append(Mark(index, last, entry.cls, entry.data))
            index = last + 1
            continue
        index += 1
    return marks


def _upper(tokens: Tokens, index: int, size: int) -> bool:
    """Whether the words are in capitals in the post (dots between the letters aside)."""
    return tokens.original(index, index + size - 1).isupper()
