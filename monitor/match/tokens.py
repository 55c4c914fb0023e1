"""Tokens of a folded text: words, handles, hashtags, flags, runs of Chinese or Japanese, and the marks between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.match.fold import LIMIT, fold, origins

WORD, HANDLE, TAG, FLAG, CJK, STOP, MARK = range(7)
"""Kinds of tokens, in the order of the groups of the pattern. STOP ends a sentence; MARK is any other punctuation that matters."""

CJK_CHARS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005\u30fc"
_LETTERS = rf"(?:(?![{CJK_CHARS}])[\w\u0900-\u0963\u0966-\u097f])+"
_PLAIN_LETTERS = r"[\w\u0900-\u0963\u0966-\u097f]+"
HAS_CJK = re.compile(f"[{CJK_CHARS}]")
_REST = (
    r"|(@[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)|(#[\w\u0900-\u0963\u0966-\u097f]+)"
    rf"|([\U0001f1e6-\U0001f1ff]{{2}})|([{CJK_CHARS}]+)|([.!?\u2026]+(?=[\s\"')]|$)|[\u3002!?|])|([,:;()\"/&+\u00b7]|(?<!\w)-|-(?!\w))"
)
_TOKEN = re.compile(f"({_LETTERS}){_REST}")
_PLAIN_TOKEN = re.compile(f"({_PLAIN_LETTERS}){_REST}")  # the same without Chinese and Japanese, and quicker
_ABBREVIATIONS = frozenset(
    "mrs gen sen hon pdt pdte pres prof sec min dep gov phd ing lic adm ref hrh cllr dra bpk sayin αρ κος".split()
)
_SHORT_WORDS = frozenset("eu uk us un me it uae no so go do up in on at us we he to is as".split())


@dataclass(slots=True)
class Tokens:
    """Parallel lists: the folded text of each token, its kind, and its bounds in the folded text."""

    text: str  # as stored
    folded: str
    words: list[str]
    kinds: list[int]
    starts: list[int]
    ends: list[int]
    _origin: list[int] | range | None = None

    def __len__(self) -> int:
        return len(self.words)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Bounds in the text as stored of the tokens first..last, both included."""
        if self._origin is None:
            self._origin = origins(self.text)
        origin = self._origin
        start, end = origin[self.starts[first]], origin[self.ends[last] - 1] + 1
        while end < len(self.text) and origin_follows(self.text, end):
            end += 1
        return start, end

    def original(self, first: int, last: int) -> str:
        start, end = self.span(first, last)
        return self.text[start:end]


def origin_follows(text: str, index: int) -> bool:
    """Whether the character at `index` belongs to the one before it: a mark that folding dropped."""
    char = text[index]
    return not char.isascii() and fold(char) == ""


def tokenize(text: str, longest: dict[str, tuple[int, ...]], entries: frozenset[str] | dict[str, object]) -> Tokens:
    """Tokens of a text. `longest` and `entries` tell the known words of scripts without word boundaries."""
    text = text if len(text) <= LIMIT else text[:LIMIT]
    folded = fold(text)
    words: list[str] = []
    kinds: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    pattern = _TOKEN if HAS_CJK.search(folded) else _PLAIN_TOKEN
    for match in pattern.finditer(folded):
        start, end = match.span()
        word = folded[start:end]
        kind = (match.lastindex or 0) - 1
        if kind == CJK:
            _segment(word, start, longest, entries, words, kinds, starts, ends)
            continue
        if kind == STOP and word == "..":  # a pause, not an end
            continue
        if kind == STOP and word == "." and words and kinds[-1] == WORD and (_abbreviation(words[-1]) or _ordinal(words[-1])):
            continue
        words.append(word)
        kinds.append(kind)
        starts.append(start)
        ends.append(end)
    return Tokens(text, folded, words, kinds, starts, ends)


def _ordinal(word: str) -> bool:
    """Whether a full stop behind the word may make it a rank or a day ("31. August", "5. Zirve")."""
    return len(word) <= 2 and word.isdigit()


def _abbreviation(word: str) -> bool:
    return (len(word) <= 2 and word not in _SHORT_WORDS) or word in _ABBREVIATIONS


def _segment(
    run: str, offset: int, longest: dict[str, tuple[int, ...]], entries: frozenset[str] | dict[str, object],
    words: list[str], kinds: list[int], starts: list[int], ends: list[int],
) -> None:  # fmt: skip
    """Cut a run without word boundaries into known words, longest first; what is unknown becomes single characters."""
    index, size = 0, len(run)
    while index < size:
        length = 1
        for known in longest.get(run[index], ()):
            piece = run[index : index + known]
            if piece in entries:
                length = len(piece)  # at the end of the run a piece is shorter than asked for
                break
        words.append(run[index : index + length])
        kinds.append(CJK)
        starts.append(offset + index)
        ends.append(offset + index + length)
        index += length
