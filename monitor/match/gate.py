"""The gate: a glance at the words of a post that turns most posts away before they are read.

A post is read only if it holds a word of a contact and a word of another party, and if all such words together make it likely enough
that a reading finds anything (`glance`). For every token the gate knows which kinds of words it may begin or be part of: the rarest
word of each form of the lexicon stands for the form. The answer errs towards reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from monitor.match.fold import LIMIT, fold
from monitor.match.gazetteer import Gazetteer
from monitor.match.glance import BIT, CONTACT, PARTY, PERSON, STRONG, Glance, enough, group, nearness
from monitor.match.lexicon import Lexicon
from monitor.match.tokens import CJK_CHARS, HAS_CJK

_WORDS = re.compile(rf"[@#]?(?:(?![{CJK_CHARS}])[\w\u0900-\u0963\u0966-\u097f])+|[{CJK_CHARS}]+")
_HTTP = re.compile(r"https?://\S*", re.IGNORECASE)
_MEMO_LIMIT = 30_000


class _Spaced(dict[int, str]):
    """Code point to folded text, with a space for all that is no part of a word; filled on demand."""

    def __missing__(self, point: int) -> str:
        if 0x1F1E6 <= point <= 0x1F1FF:
            spaced = f" {chr(point)} "  # half a flag is as good as a whole one
        else:
            folded = fold(chr(point))
            spaced = folded if not folded or folded in "@#_" or folded[0].isalnum() or "\u0900" <= folded[0] <= "\u0963" or folded[0] == "\u094d" else " "
        self[point] = spaced
        return spaced


_SPACED = _Spaced()
Bits = dict[int, int]  # languages (bits; -1: any) to kinds of words
Told = tuple[tuple[int, int], ...]  # the same, frozen
Seconds = dict[str, Told]
Known = tuple[int, Told, str, "Seconds | None", tuple[int, ...]]
"""Of a piece of text: all kinds of words it may tell of; the same by language; its first word, if that may continue a form; the
words that may continue its last word; and the languages of its function words."""
_NOTHING: Known = (0, (), "", None, ())
_ABSENT: Known = (0, (), " ", None, ())


class Gate:
    """Built from a sealed lexicon. Its memos of words are shared by all threads."""

    def __init__(self, lexicon: Lexicon, gazetteer: Gazetteer, glance: Glance) -> None:
        self.glance = glance
        self._lexicon = lexicon
        self._gazetteer = gazetteer
        self._known: dict[str, Known | None] = {}  # every word that means anything as it stands; worked out when first met
        self._met: dict[str, Known] = {}  # other words
        self._keys: dict[str, Told] = {}
        self._stems: dict[str, Told] = {}
        self._pairs: dict[str, Seconds] = {}  # first two words of forms of several words
        self._reach: dict[str, int] = {}  # what a pair may tell of, by its rarer word
        self._merged: dict[tuple[Told, int, int], Told] = {}
        function = lexicon.function_words
        shares = Counter(word for first, entry in lexicon.forms() if entry.tail for word in (first, *entry.tail))

        def rarity(word: str) -> tuple[bool, int, int]:
            return word in function, shares[word], -len(word)

        groups: dict[str, int] = {}
        for first, entry in lexicon.forms():
            bits = groups.get(entry.cls, -1)
            if bits < 0:
                bits = groups[entry.cls] = group(entry.cls)
            if not bits or (entry.upper and first in function):
                continue  # US and WHO: a glance does not see capitals
            if not entry.tail:
                self._put(first, entry.langs or -1, bits)
            elif _simple(first) and _simple(entry.tail[0]):
                seconds = self._pairs.setdefault(first, {})
                seconds[entry.tail[0]] = self._merge(seconds.get(entry.tail[0], ()), entry.langs or -1, bits)
                rarer = min(first, entry.tail[0], key=rarity)
                self._reach[rarer] = self._reach.get(rarer, 0) | bits
            else:
                self._put(min((first, *entry.tail), key=rarity), entry.langs or -1, bits)
        self._seconds = frozenset(second for following in self._pairs.values() for second in following)
        self._sizes = tuple(sorted({len(stem) for stem in self._stems}))
        self._heads = frozenset(stem[:3] for stem in self._stems)
        self._restored = self._restorable()
        self._known.update(dict.fromkeys((*self._keys, *self._pairs, *self._seconds, *function)))

    def _put(self, key: str, langs: int, bits: int) -> None:
        table, word = (self._stems, key[:-1]) if key[-1] == "*" else (self._keys, key)
        table[word] = self._merge(table.get(word, ()), langs, bits)

    def _merge(self, told: Told, langs: int, bits: int) -> Told:
        """`told` and one more; equal values are one object, for there are tens of thousands of words and few meanings."""
        known = self._merged.get((told, langs, bits))
        if known is None:
            more = dict(told)
            more[langs] = more.get(langs, 0) | bits
            known = self._merged[told, langs, bits] = tuple(more.items())
        return known

    def closed(self, text: str, who: str = "unknown") -> str | None:
        """None if a post is worth reading, else the reason why it is not. `who` speaks, as `features.speaker` tells."""
        bits, known = self._glanced(text)
        if enough(bits):
            bits = self._exact(known)
        if not enough(bits):
            return "no_other_leader" if bits & CONTACT else "no_contact_word" if bits & PARTY else "no_cue"
        return None if self.glance.worth(bits, who) else "unlikely"

    def bits(self, text: str) -> int:
        """What `glance` weighs of a text: kinds of words in the languages the text is in. 0 if it is turned away without."""
        total, known = self._glanced(text)
        bits = self._exact(known) if enough(total) else 0
        return bits if enough(bits) else 0

    def _glanced(self, text: str) -> tuple[int, list[Known]]:
        """All that the words may tell of, and what is known of each word, in order; _NOTHING where others lie between."""
        if len(text) > LIMIT:
            text = text[:LIMIT]
        if "://" in text:
            text = _HTTP.sub(" ", text)
        known, heads = self._known, self._heads
        total = 0
        found: list[Known] = []
        for word in text.translate(_SPACED).split():
            told = known.get(word, _ABSENT)
            if told is _ABSENT:
                if word.isascii() and word[:3] not in heads and word[0] not in "@#":
                    found.append(_NOTHING)
                    continue
                told = self._met.get(word)
                if told is None:
                    told = self._new(word)
            elif told is None:
                told = known[word] = self._look(word)
            total |= told[0]
            found.append(told)
        return total, found

    def _exact(self, known: list[Known]) -> int:
        """The same bits, of the languages alone that the text is in, and of pairs of words only where both are there."""
        tally = [mask for one in known for mask in one[4]]
        langs = self._lexicon.foremost(tally) | self._lexicon.unspaced if tally else -1
        bits = 0
        gap = contact = party = 99  # words between a contact word and a party; words since either
        seconds: Seconds | None = None
        for one in known:
            contact += 1
            party += 1
            if one is _NOTHING:
                seconds = None
                continue
            _, told, first, following, _ = one
            here = 0
            for mask, kinds in told:
                if mask & langs:
                    here |= kinds
            if seconds is not None and first in seconds:
                for mask, kinds in seconds[first]:
                    if mask & langs:
                        here |= kinds
            seconds = following
            if here:
                bits |= here
                if here & STRONG:
                    contact = 0
                    gap = min(gap, party)
                if here & PERSON:
                    party = 0
                    gap = min(gap, contact)
        return bits | nearness(gap)

    def _new(self, word: str) -> Known:
        """What is known of a word that does not stand in the lexicon: a handle, a hashtag, an inflected word, a run of Chinese."""
        if HAS_CJK.search(word):
            parts = [self._look(part) for part in _WORDS.findall(word)]
            return parts[0] if len(parts) == 1 else self._joined(parts)
        if word[0] == "@" or "@" not in word:
            told = self._look(word)
        else:
            told = self._joined([self._look(part) for part in _WORDS.findall(word)])
        if len(word) < 40:
            if len(self._met) >= _MEMO_LIMIT:
                self._met.clear()
            self._met[word] = told
        return told

    def _joined(self, parts: list[Known]) -> Known:
        bits: Bits = {}
        seconds: Seconds | None = None
        for _, told, first, following, _ in parts:
            _add(bits, told)
            if seconds is not None and first in seconds:
                _add(bits, seconds[first])
            seconds = following
        return self._share(bits, _total(one for part in parts for one in part[1]), parts[0][2], seconds, tuple(m for part in parts for m in part[4]))

    def _share(self, bits: Bits, total: int, first: str, seconds: Seconds | None, masks: tuple[int, ...]) -> Known:
        for told in bits.values():
            total |= told
        if not (total or first or seconds or masks):
            return _NOTHING
        return total, tuple(bits.items()), first, seconds, masks

    def _look(self, word: str) -> Known:
        char = word[0]
        bits: Bits = {}
        if char == "@":
            bits[-1] = BIT["handle"] | (BIT["name"] if self._gazetteer.handle(word) else 0)
            _add(bits, self._keys.get(word, ()))
        elif char >= "\U0001f1e6":
            if "\U0001f1e6" <= char <= "\U0001f1ff":
                bits[-1] = BIT["country"] | BIT["flag"]
        elif "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or char in "\u3005\u30fc":
            self._run(word, bits)
        else:
            self._forms(word[1:] if char == "#" else word, bits)
        mask = self._lexicon.function_words.get(word)
        return self._share(
            bits, self._reach.get(word, 0), word if word in self._seconds else "", self._pairs.get(word), () if mask is None else (mask,)
        )

    def _forms(self, word: str, bits: Bits) -> None:
        self._begins(word, bits)
        if word.isascii():
            return
        for morphology in self._lexicon.morphologies:
            if not morphology.low <= word[0] <= morphology.high:
                continue
            bases = [word]
            for prefix in morphology.prefixes:
                if word.startswith(prefix) and len(word) - len(prefix) >= morphology.shortest:
                    bases.append(word[len(prefix) :])
                    self._begins(bases[-1], bits)
            for base in bases:
                for size in range(min(morphology.longest, len(base) - morphology.shortest), 0, -1):
                    if base[-size:] in morphology.endings:
                        for known in (self._keys.get(base[:-size]), self._restored.get(base[:-size])):
                            if known is not None:
                                _add(bits, known)

    def _begins(self, word: str, bits: Bits) -> None:
        """Bits of the word as it stands, and of the stems that it begins with."""
        known = self._keys.get(word)
        if known is not None:
            _add(bits, known)
        if word[:3] in self._heads:
            for size in self._sizes:
                known = self._stems.get(word[:size])
                if known is not None:
                    _add(bits, known)

    def _restorable(self) -> dict[str, Told]:
        """What may stand before a restored ending: `стран` for `страна`, so that one look-up answers for all of them."""
        found: dict[str, Told] = {}
        for morphology in self._lexicon.morphologies:
            tails = {tail[:size] for tail in morphology.restored for size in range(1, len(tail) + 1)}
            ends = tuple(tails)
            for table, usual in ((self._keys, frozenset(morphology.restored)), (self._stems, tails)):
                for key, told in table.items():
                    if morphology.low <= key[0] <= morphology.high and key.endswith(ends):
                        for size in range(1, 4):
                            if key[-size:] in usual and len(key) - size >= morphology.shortest:
                                for langs, bits in told:
                                    found[key[:-size]] = self._merge(found.get(key[:-size], ()), langs, bits)
        return found

    def _run(self, run: str, bits: Bits) -> None:
        """Bits of a run of Chinese or Japanese: of every known word in it."""
        sizes, keys = self._lexicon.cjk_sizes, self._keys
        for index, char in enumerate(run):
            for size in sizes.get(char, ()):
                known = keys.get(run[index : index + size])
                if known is not None:
                    _add(bits, known)


def _total(told: Iterable[tuple[int, int]]) -> int:
    total = 0
    for _, kinds in told:
        total |= kinds
    return total


def _simple(word: str) -> bool:
    return word.isascii() and not word.endswith("*")


def _add(found: Bits, more: Iterable[tuple[int, int]]) -> None:
    for mask, told in more:
        found[mask] = found.get(mask, 0) | told
