"""The gate: a glance at the words of a post that turns most posts away before they are read.

A post is read only if it holds a word of a contact and a word of another party. For every token the gate knows which of the two it
may begin or be part of: the rarest word of each form of the lexicon stands for the form. The answer errs towards reading.
"""

from __future__ import annotations

import re
from collections import Counter

from monitor.match.fold import LIMIT, fold
from monitor.match.gazetteer import Gazetteer
from monitor.match.lexicon import Lexicon
from monitor.match.tokens import CJK_CHARS, HAS_CJK

CONTACT, NAMED, TITLE, PLACE, TRAVEL, TOGETHER, GATHERING = 1, 2, 4, 8, 16, 32, 64
STARTS = 128  # the word begins forms of several words
"""What a word may tell of: a contact; a leader's name, a title, a country; a contact that needs no leader's name; being together; a summit."""

_CONTACT = frozenset({"call", "video", "phone", "talk", "conv", "meet", "letter", "message", "presser", "invite"})
_WEAK = frozenset({"discuss", "joint", "with"})
_TRAVEL = frozenset({"visit", "summit", "occasion", "receive", "greet", "talks", "meetn"})
_NAMED = frozenset({"name", "group", "counterpart"})
_PLACE = frozenset({"country", "capital", "org", "side"})
_WORDS = re.compile(rf"[@#]?(?:(?![{CJK_CHARS}])[\w\u0900-\u0963\u0966-\u097f])+|[{CJK_CHARS}]+|[\U0001f1e6-\U0001f1ff]+")
_PLAIN = re.compile(r"[@#]?[\w\u0900-\u0963\u0966-\u097f]+|[\U0001f1e6-\U0001f1ff]+")  # where there is no Chinese or Japanese
_MEMO_LIMIT = 200_000
Known = tuple[int, "Bits", "dict[str, Bits] | None"]
Bits = dict[int, int]  # languages (bits; -1: any) to what a word may tell of


def meaning(cls: str) -> int:
    """The gate's bits of a class of the lexicon."""
    base = cls.partition("_")[0]
    if cls.startswith("t_"):
        return TITLE
    if cls in _NAMED:
        return NAMED
    if cls in _PLACE:
        return PLACE
    if base in ("summit", "occasion"):
        return CONTACT | TRAVEL | GATHERING
    if base in _TRAVEL:
        return CONTACT | TRAVEL
    if base in _WEAK:
        return TOGETHER
    return CONTACT if base in _CONTACT else 0


class Gate:
    """Built from a sealed lexicon. Its memo of words is shared by all threads."""

    def __init__(self, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
        self._lexicon = lexicon
        self._gazetteer = gazetteer
        self._memo: dict[str, Known] = {}
        self._totals: dict[str, int] = {}
        self._keys: dict[str, Bits] = {}
        self._stems: dict[str, Bits] = {}
        self._pairs: dict[str, dict[str, Bits]] = {}  # first two words of forms of several words
        shares = Counter(word for first, entry in lexicon.forms() for word in {first, *entry.tail})
        function = lexicon.function_words

        def rarity(word: str) -> tuple[bool, int, int]:
            return word in function, shares[word], -len(word)

        for first, entry in lexicon.forms():
            bits = meaning(entry.cls)
            if entry.cls == "aname" and len(first) >= 6:
                bits = NAMED
            if entry.upper and first in function:
                continue  # US and WHO: a glance does not see capitals
            if bits and entry.tail and _simple(first) and _simple(entry.tail[0]):
                known = self._pairs.setdefault(first, {}).setdefault(entry.tail[0], {})
                langs = entry.langs or -1
                known[langs] = known.get(langs, 0) | bits
            elif bits:
                key = min((first, *entry.tail), key=rarity)
                target = self._stems if key.endswith("*") else self._keys
                known = target.setdefault(key.rstrip("*"), {})
                langs = entry.langs or -1
                known[langs] = known.get(langs, 0) | bits
        self._pair_totals = {
            first: {second: _total(told) for second, told in seconds.items()} for first, seconds in self._pairs.items()
        }
        self._sizes = tuple(sorted({len(stem) for stem in self._stems}))

    def closed(self, text: str) -> str | None:
        """None if a post is worth reading, else the reason why it is not."""
        folded = fold(text if len(text) <= LIMIT else text[:LIMIT])
        bits = 0
        words = (_PLAIN if text.isascii() or not HAS_CJK.search(folded) else _WORDS).findall(folded)
        totals, pairs = self._totals, self._pair_totals
        seconds: dict[str, int] | None = None
        for word in words:
            told = totals.get(word, -1)
            if told < 0:
                told = self._look(word)[0]
            bits |= told
            if seconds is not None and word in seconds:
                bits |= seconds[word]
            seconds = pairs.get(word) if told & STARTS else None
        if _enough(bits):
            bits = self._in_its_languages(words)
            if _enough(bits):
                return None
        if not bits & (CONTACT | TOGETHER):
            return "no_contact_word" if bits & (NAMED | TITLE | PLACE) else "no_cue"
        return "no_other_leader"

    def _in_its_languages(self, words: list[str]) -> int:
        """The same bits, of the languages alone that the text is in."""
        langs = self._languages(words)
        bits = 0
        memo = self._memo
        seconds: dict[str, Bits] | None = None
        for word in words:
            known = memo.get(word) or self._look(word)
            for mask, told in known[1].items():
                if mask & langs:
                    bits |= told
            if seconds is not None and word in seconds:
                for mask, told in seconds[word].items():
                    if mask & langs:
                        bits |= told
            seconds = known[2]
        return bits

    def _languages(self, words: list[str]) -> int:
        known = self._lexicon.function_words
        tally = [known[word] for word in words if word in known]
        return self._lexicon.foremost(tally) | self._lexicon.unspaced if tally else -1

    def _look(self, word: str) -> Known:
        char = word[0]
        if char == "@":
            found = {-1: NAMED} if self._gazetteer.handle(word) else self._keys.get(word, {})
        elif char >= "\U0001f1e6":
            found = {-1: PLACE} if "\U0001f1e6" <= char <= "\U0001f1ff" else {}
        elif "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or char in "\u3005\u30fc":
            found = self._run(word)
            return _total(found), found, None  # not remembered: runs seldom repeat
        else:
            found = self._word(word[1:] if char == "#" else word)
        total = _total(found)
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
            self._totals.clear()
        seconds = self._pairs.get(word)
        answer = total | (STARTS if seconds else 0), found, seconds
        self._memo[word] = answer
        self._totals[word] = answer[0]
        return answer

    def _word(self, word: str) -> Bits:
        found: Bits = {}
        for variant in self._lexicon.variants(word):
            _add(found, self._keys.get(variant, {}))
            for size in self._sizes:
                if size > len(variant):
                    break
                _add(found, self._stems.get(variant[:size], {}))
        return found

    def _run(self, run: str) -> Bits:
        """Bits of a run of Chinese or Japanese: of every known word in it."""
        found: Bits = {}
        sizes, keys = self._lexicon.cjk_sizes, self._keys
        for index, char in enumerate(run):
            for size in sizes.get(char, ()):
                known = keys.get(run[index : index + size])
                if known is not None:
                    _add(found, known)
        return found


def _total(found: Bits) -> int:
    total = 0
    for told in found.values():
        total |= told
    return total


def _simple(word: str) -> bool:
    return word.isascii() and not word.endswith("*")


def _add(found: Bits, more: Bits) -> None:
    for mask, told in more.items():
        found[mask] = found.get(mask, 0) | told


def _enough(bits: int) -> bool:
    if bits & NAMED:
        return bool(bits & (CONTACT | TOGETHER))
    if bits & TITLE:
        return bool(bits & CONTACT or (bits & TOGETHER and bits & PLACE))
    return bool(bits & GATHERING or (bits & TRAVEL and bits & PLACE))
