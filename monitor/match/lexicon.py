"""The lexicon: what words and phrases mean, from the language files in `lang/`.

A language file is TOML: `code`, `words` (function words, by which a post's language is judged) and a table `lexicon` of classes. Each
class lists forms, separated by `;` or line ends; a form is one word or several, and a word that ends in `*` stands for
all words that begin so. `docs/languages.md` lists the classes.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from monitor.match.fold import fold_word
from monitor.match.tokens import CJK_CHARS

FOLDER = Path(__file__).parent / "lang"
_PIECES = re.compile(rf"[{CJK_CHARS}]+|(?:(?![{CJK_CHARS}])[\w\u0900-\u0963\u0966-\u097f*&@#])+")
_MEMO_LIMIT = 60_000
SCRIPTS = {
    "cyrillic": ("\u0400", "\u04ff"), "greek": ("\u0370", "\u03ff"), "arabic": ("\u0600", "\u06ff"),
    "hebrew": ("\u0590", "\u05ff"), "devanagari": ("\u0900", "\u097f"), "latin": ("a", "z"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Morphology:
    """How words of a script vary: prefixed particles to strip, endings to strip, and what may stand in their place."""

    low: str
    high: str
    prefixes: tuple[str, ...]
    endings: frozenset[str]
    restored: tuple[str, ...]
    shortest: int  # a stem has at least as many letters
    longest: int  # letters of the longest ending

    def bases(self, word: str) -> Iterator[tuple[str, int]]:
        """Base forms that the word may be an inflected form of, each with the length of what an earlier one began with as well."""
        yield word, 0
        whole = [word]
        for prefix in self.prefixes:
            if word.startswith(prefix) and len(word) - len(prefix) >= self.shortest:
                whole.append(word[len(prefix) :])
                yield whole[-1], 0
        for base in whole:
            for size in range(min(self.longest, len(base) - self.shortest), 0, -1):
                if base[-size:] in self.endings:
                    stem = base[:-size]
                    yield stem, len(stem)
                    for tail in self.restored:
                        yield stem + tail, len(stem)


@dataclass(slots=True)  # not frozen: sixty thousand are made at start
class Entry:
    """One form: its words after the first, the languages it belongs to (bits; 0: any), its class, and what it names."""

    size: int
    tail: tuple[str, ...]
    langs: int
    cls: str
    data: Any = None
    upper: bool = False  # means this only in capitals (US, UE)


@dataclass(frozen=True, slots=True)
class Starts:
    """Forms that may begin with a word: those of the one word, those of several by their second word, and the rest."""

    single: tuple[Entry, ...]
    by_second: Mapping[str, tuple[Entry, ...]]
    rest: tuple[Entry, ...]  # whose second word is open or inflected


NOTHING = Starts((), {}, ())


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    bit: int
    words: frozenset[str]


class Lexicon:
    """Forms of all languages, indexed by their first word. Built once; lookups are memoised and safe between threads."""

    def __init__(self) -> None:
        self.languages: dict[str, Language] = {}
        self.code_of: dict[int, str] = {}
        self.function_words: dict[str, int] = {}
        self._exact: dict[str, list[Entry]] = defaultdict(list)
        self._stems: dict[str, list[Entry]] = defaultdict(list)
        self._stem_sizes: tuple[int, ...] = ()
        self._stem_heads: frozenset[str] = frozenset()  # how stems begin, as far as the shortest goes
        self._memo: dict[str, Starts] = {}
        self.remembered = self._memo.get  # what `entries` told of a word before; None: not asked yet
        self._variants: dict[str, tuple[str, ...]] = {}
        self._singles: dict[int, tuple[int, ...]] = {}
        self.morphologies: list[Morphology] = []
        self.cjk: dict[str, object] = {}
        self.unspaced = 0  # bits of the languages that are written without spaces
        self.cjk_sizes: dict[str, tuple[int, ...]] = {}

    def add_language(self, code: str, words: str) -> int:
        if code not in self.languages:
            bit = 1 << len(self.languages)
            known = frozenset(fold_word(word) for word in words.split())
            self.languages[code] = Language(code, bit, known)
            self.code_of[bit] = code
            if not known:
                self.unspaced |= bit
            for word in known:
                self.function_words[word] = self.function_words.get(word, 0) | bit
        return self.languages[code].bit

    def add(self, form: str, cls: str, langs: int = 0, data: Any = None, upper: bool = False) -> None:
        """Add one form. Forms of Chinese and Japanese also become words of the segmentation."""
        if form.isascii():
            folded = form.lower()
            pieces = folded.split() if folded.replace(" ", "").isalnum() else _PIECES.findall(folded)
        else:
            pieces = _PIECES.findall(fold_word(form))
            for piece in pieces:
                if _is_cjk(piece[0]):
                    self.cjk[piece] = True
        if not pieces:
            return
        first, tail = pieces[0], tuple(pieces[1:])
        entry = Entry(len(pieces), tail, langs, cls, data, upper)
        if first.endswith("*"):
            self._stems[first[:-1]].append(entry)
        else:
            self._exact[first].append(entry)

    def seal(self) -> None:
        """Finish building: after this the lexicon does not change."""
        sizes: dict[str, set[int]] = defaultdict(set)
        for word in self.cjk:
            sizes[word[0]].add(len(word))
        self.cjk_sizes = {char: tuple(sorted(found, reverse=True)) for char, found in sizes.items()}
        self._stem_sizes = tuple(sorted({len(stem) for stem in self._stems}))
        self._stem_heads = frozenset(stem[: self._stem_sizes[0]] for stem in self._stems)

    def forms(self) -> Iterator[tuple[str, Entry]]:
        """Every form with its first word (which may end in `*`)."""
        for first, entries in self._exact.items():
            for entry in entries:
                yield first, entry
        for stem, entries in self._stems.items():
            for entry in entries:
                yield stem + "*", entry

    def bits_of(self, mask: int) -> tuple[int, ...]:
        """The languages of a mask, each as its bit."""
        bits = self._singles.get(mask)
        if bits is None:
            bits = self._singles[mask] = tuple(bit for bit in self.code_of if mask & bit)
        return bits

    def foremost(self, tally: Iterable[int]) -> int:
        """Bits of the languages whose function words are told most, from the language bits of each function word."""
        scores: dict[int, int] = {}
        singles = self._singles
        for mask in tally:
            for bit in singles.get(mask) or self.bits_of(mask):
                scores[bit] = scores.get(bit, 0) + 1
        top = max(scores.values())
        langs = 0
        for bit, score in scores.items():
            if score * 2 >= top or (score >= 3 and top - score <= 4):
                langs |= bit
        return langs

    def entries(self, word: str) -> Starts:
        """All forms that may begin with this token."""
        found = self._memo.get(word)
        if found is None:
            found = self._lookup(word)
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            self._memo[word] = found
        return found

    def _lookup(self, word: str) -> Starts:
        bare = word[1:] if word[0] == "#" else word
        single: list[Entry] = []
        seconds: dict[str, list[Entry]] = {}
        rest: list[Entry] = []
        shortest = self._stem_sizes[0] if self._stem_sizes else 0
        done: set[str] = set()
        for variant, start in self.bases(bare):
            if variant in done:
                continue
            done.add(variant)
            found = list(self._exact.get(variant, ()))
            if variant[:shortest] in self._stem_heads:
                for size in self._stem_sizes:
                    if size > len(variant):
                        break
                    if size > start:
                        found.extend(self._stems.get(variant[:size], ()))
            for entry in found:
                if entry.size == 1:
                    single.append(entry)
                elif entry.tail[0].isascii() and not entry.tail[0].endswith("*"):
                    seconds.setdefault(entry.tail[0], []).append(entry)
                else:
                    rest.append(entry)
        if not (single or seconds or rest):
            return NOTHING
        by_second = {second: tuple(sorted(entries, key=_longest)) for second, entries in seconds.items()}
        return Starts(tuple(single), by_second, tuple(sorted(rest, key=_longest)))

    def longest(self, words: list[str], at: int, word: str, bits: int) -> tuple[Entry, ...]:
        """The longest forms that begin at `at`, in the languages `bits`; several if they are equally long."""
        starts = self.entries(word)
        if starts is NOTHING:
            return ()
        best = 1
        found: list[Entry] = []
        if at + 1 < len(words) and (starts.by_second or starts.rest):
            for group in (starts.by_second.get(words[at + 1]), starts.rest):
                for entry in group or ():
                    if entry.size < best:
                        break
                    if entry.langs and not entry.langs & bits:
                        continue
                    if self.matches(entry, words, at):
                        if entry.size > best:
                            best = entry.size
                            found = []
                        found.append(entry)
        if found:
            return tuple(found)
        single = starts.single
        if len(single) == 1:
            return single if not single[0].langs or single[0].langs & bits else ()
        return tuple([entry for entry in single if not entry.langs or entry.langs & bits]) if single else ()

    def variants(self, word: str) -> tuple[str, ...]:
        """The word, and the base forms it may be an inflected form of."""
        if word.isascii() or not self.morphologies:
            return (word,)
        found = self._variants.get(word)
        if found is None:
            all_found: dict[str, None] = {word: None}
            for morphology in self.morphologies:
                if morphology.low <= word[0] <= morphology.high:
                    all_found.update(dict.fromkeys(base for base, _ in morphology.bases(word)))
            found = tuple(all_found)
            if len(self._variants) >= _MEMO_LIMIT:
                self._variants.clear()
            self._variants[word] = found
        return found

    def bases(self, word: str) -> Iterator[tuple[str, int]]:
        """The word and its base forms as `variants`, each with the length of what an earlier one began with as well."""
        if word.isascii() or not self.morphologies:
            yield word, 0
            return
        inflected = False
        for morphology in self.morphologies:
            if morphology.low <= word[0] <= morphology.high:
                inflected = True
                yield from morphology.bases(word)
        if not inflected:
            yield word, 0

    def matches(self, entry: Entry, words: list[str], at: int) -> bool:
        """Whether the words after `at` continue this form."""
        if at + entry.size > len(words):
            return False
        for offset, wanted in enumerate(entry.tail, at + 1):
            word = words[offset]
            if word == wanted:
                continue
            if wanted[-1] == "*" and word.startswith(wanted[:-1]):
                continue
            if not word.isascii() and wanted in self.variants(word):
                continue
            return False
        return True


def _longest(entry: Entry) -> int:
    return -entry.size


def _is_cjk(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or char in "\u3005\u30fc"


@cache
def read_language(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def language_files(folder: Path = FOLDER) -> list[Path]:
    return sorted(folder.glob("*.toml"))


def add_languages(lexicon: Lexicon, paths: Iterable[Path]) -> None:
    for path in paths:
        data = read_language(path)
        bit = 0 if data["code"] == "any" else lexicon.add_language(data["code"], data["words"])
        if "morphology" in data:
            lexicon.morphologies.append(_morphology(data["morphology"]))
        for cls, forms in data["lexicon"].items():
            for form in re.split(r"[;\n]", forms):
                if form.strip():
                    kind, _, code = cls.partition(":")
                    lexicon.add(form.strip(), *((kind, bit, code) if kind == "org" else (cls, bit)))


def _morphology(data: Mapping[str, Any]) -> Morphology:
    low, high = SCRIPTS[data["script"]]

    def forms(key: str) -> tuple[str, ...]:
        return tuple(sorted({fold_word(form) for form in data.get(key, "").split()}, key=lambda form: (-len(form), form)))

    endings = forms("endings")
    longest = max(map(len, endings), default=0)
    return Morphology(low, high, forms("prefixes"), frozenset(endings), forms("restored"), int(data.get("shortest", 3)), longest)


def data_version(paths: Iterable[Path]) -> str:
    """A short hash of data files: it changes when they do."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
