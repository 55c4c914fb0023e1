"""Names of leaders and their handles, and the words for countries, as forms of the lexicon."""

from __future__ import annotations

import re
from collections import defaultdict

from monitor.leaders import Leader, Registry, words
from monitor.leaders.directory import institutions
from monitor.match.fold import fold_word
from monitor.match.lexicon import Lexicon

_SHORT = 3
_SURNAME_FIRST = frozenset({"CN", "KR", "KP", "VN", "TW", "SG", "KH", "HU"})
_GENERIC_HANDLE = re.compile(
    r"(?:official|oficial|real|office|hq|_eu|eu|the|pres|president|presidente|premier|pm|mp|min|minister|mfa|fm|gov|govt|his|hm|king|prof|dr|ua|us|uk|en|fr|es|pt|ru|de|it|nl|\d+|_|\.bsky\.social|\.)"
)


class Gazetteer:
    """Adds names to the lexicon and answers for handles. Surnames that several leaders share stay ambiguous."""

    def __init__(self, registry: Registry, lexicon: Lexicon, titles: frozenset[str]) -> None:
        self.registry = registry
        self._handles: dict[str, str] = {}
        self.given: dict[str, frozenset[str]] = {}
        self._surnames: dict[str, list[str]] = defaultdict(list)
        self._skeletons: dict[str, list[str]] = defaultdict(list)
        names: dict[str, list[str]] = defaultdict(list)
        weak: dict[str, list[str]] = defaultdict(list)
        for leader in registry:
            self._collect(leader, names, weak, titles)
        for name, slugs in names.items():
            lexicon.add(name, "name", data=tuple(dict.fromkeys(slugs)))
        for name, slugs in weak.items():
            if name not in names:
                lexicon.add(name, "aname", data=tuple(dict.fromkeys(slugs)))
        self._seats = _seats(registry)
        self._memo: dict[str, tuple[str, ...]] = {}

    def _collect(self, leader: Leader, names: dict[str, list[str]], weak: dict[str, list[str]], titles: frozenset[str]) -> None:
        self.given[leader.slug] = frozenset(word for name in (leader.name, *leader.aliases) for word in fold_word(name).split())
        for handle in leader.handles:
            self._handles[handle.casefold()] = leader.slug
        for alias in (leader.name, *leader.aliases):
            folded = fold_word(alias)
            words = folded.split()
            if not words or (len(words) > 1 and words[0] in titles and len(words) == 2 and folded.isascii()):
                continue
            names[folded].append(leader.slug)
            if len(words) > 1 and folded.isascii() and len(folded) > 7:
                names["".join(words)].append(leader.slug)  # as a hashtag
            if len(words) > 2 and folded.isascii() and len(words[-1]) > 2:
                names[f"{words[0]} {words[-1]}"].append(leader.slug)
        for alias in leader.ambiguous:
            weak[fold_word(alias)].append(leader.slug)
        if leader.terms and leader.terms[-1].country in _SURNAME_FIRST:
            first = re.sub(r"[^a-z]", "", fold_word(leader.name).split()[0])
            if len(first) >= 4:
                self._surnames[first].append(leader.slug)
        surname = re.sub(r"[^a-z]", "", fold_word(leader.name).split()[-1])
        if len(surname) >= 3:
            weak[surname].append(leader.slug)
        if len(surname) >= 4:
            self._surnames[surname].append(leader.slug)
            self._skeletons[skeleton(surname)].append(leader.slug)

    def alike(self, name: str) -> tuple[str, ...]:
        """Slugs of leaders whose surname is spelled nearly as one of these words."""
        found = [slug for word in fold_word(name).split() if len(word) >= 4 for slug in self._skeletons.get(skeleton(word), ())]
        return tuple(dict.fromkeys(found))

    def handle(self, handle: str) -> tuple[str, ...]:
        """Slugs of whom that handle (folded, with @) may belong to: from the registry, else by the surname in it."""
        found = self._memo.get(handle)
        if found is None:
            found = self._find(handle[1:])
            if len(self._memo) > 20_000:
                self._memo.clear()
            self._memo[handle] = found
        return found

    def _find(self, handle: str) -> tuple[str, ...]:
        known = self._handles.get(handle)
        if known is not None:
            return (known,)
        seated = self._seats.get(handle)
        if seated is not None:
            return seated
        letters = re.sub(r"[^a-z]", "", handle.removesuffix(".bsky.social"))
        found: list[str] = []
        for size in range(len(letters), _SHORT, -1):
            for start in range(len(letters) - size + 1):
                for slug in self._surnames.get(letters[start : start + size], ()):
                    if self._explained(handle, letters[:start], letters[start + size :], slug):
                        found.append(slug)
            if found:
                return tuple(dict.fromkeys(found))
        return ()

    def _explained(self, handle: str, before: str, after: str, slug: str) -> bool:
        """Whether what surrounds the surname in a handle is the person's other names, initials or office words."""
        words = [re.sub("[^a-z]", "", word) for word in fold_word(self.registry[slug].name).split()]
        first = words[0] if words else ""
        for rest in (before, after):
            for word in words:
                rest = rest.replace(word, "", 1)
            rest = _GENERIC_HANDLE.sub("", rest)
            if len(rest) <= (3 if first in before + after else 2) and len(words[-1]) >= 6:
                continue
            if rest and not (first.startswith(rest) or rest == "".join(word[:1] for word in words)[: len(rest)]):
                return False
        surname = words[-1] if words else ""
        return bool(len(surname) >= 6 or before or after)


def _seats(registry: Registry) -> dict[str, tuple[str, ...]]:
    """Slugs of all who held the office of an institution's account: "@eucopresident" is whoever presides on the day."""
    held: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for leader in registry:
        for term in leader.terms:
            held[term.country, term.office].append((leader.slug, fold_word(term.title)))
    found: dict[str, tuple[str, ...]] = {}
    for handle, entry in institutions().items():
        if entry.office not in _SEATED or (entry.office == "org_head" and entry.kind != "leader"):
            continue
        named = set(fold_word(entry.name).split()) | {"of", "the"}
        slugs = [slug for slug, title in held[entry.country, entry.office] if entry.office != "org_head" or set(title.split()) <= named]
        if slugs:
            found[handle] = tuple(dict.fromkeys(slugs))
    return found


_SEATED = ("head_of_state", "head_of_government", "monarch", "crown_prince", "org_head")


def skeleton(word: str) -> str:
    """A rough key for spellings of one name: sounds that transliterations confuse fall together."""
    key = word.translate(_SOUNDS)
    for pair, one in (("kh", "h"), ("gh", "g"), ("sh", "s"), ("ch", "s"), ("zh", "z"), ("th", "t"), ("ph", "f"), ("ei", "i"), ("ou", "u"), ("ii", "i")):
        key = key.replace(pair, one)
    return re.sub(r"(.)\1+", r"\1", key.replace("e", "i").replace("o", "u")).rstrip("i")


def consonants(word: str) -> str:
    """A rougher key, for a name that is known to be meant: its consonants."""
    return re.sub("[aeiou]", "", skeleton(word))


_SOUNDS = str.maketrans({"y": "i", "j": "i", "c": "k", "q": "k", "w": "v", "x": "k", "'": None})


def add_places(lexicon: Lexicon) -> None:
    """Add the words for countries, peoples and capitals. Languages without a file here are left out."""
    codes = {code: language.bit for code, language in lexicon.languages.items()}
    for form, code, kind, lang in words.places():
        bit = codes.get(lang)
        if bit is None:
            continue
        short = len(form) <= 4 and form.isupper() and form.isascii()
        langs = bit
        lexicon.add(form, kind, langs, code, short)
        joined = fold_word(form).replace(" ", "").replace("-", "").replace("'", "")
        if (" " in form or "-" in form) and len(joined) > 6 and joined.isascii():
            lexicon.add(joined, kind, langs, code)
    for lang in ("zh", "ja"):
        for form, code in words.sides(lang).items():
            lexicon.add(form, "side", codes[lang], code)
