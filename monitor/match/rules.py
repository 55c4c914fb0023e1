"""The user's own rules: phrases to watch or ignore, contact words to add, tiers and people to include."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import re2

from monitor.leaders import Leader, Registry, Term
from monitor.model import Mode


class RuleError(ValueError):
    """A rule that cannot be understood: names the key, the value and the remedy."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of the configuration. Phrases are google-re2 patterns, case-insensitive, searched in every part.

    `watch` flags a post that it matches, `ignore` never lets one be flagged; `words` adds contact words per mode;
    `tiers` opts in to people of the registry below leader level ("official"); `people` are further names that count as leaders.
    """

    watch: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    words: Mapping[Mode, tuple[str, ...]] = field(default_factory=dict)
    tiers: frozenset[str] = frozenset({"leader"})
    people: Mapping[str, str] = field(default_factory=dict)  # name to country code


def with_people(registry: Registry, rules: Rules) -> tuple[Registry, frozenset[str]]:
    """The registry with the rules' own people, and the slugs of those below leader level who count all the same."""
    people = {f"rule-{name.casefold().replace(' ', '-')}": (name, country) for name, country in rules.people.items()}
    known = set(people)
    if "official" in rules.tiers:
        known.update(leader.slug for leader in registry)
    if not people:
        return registry, frozenset(known)
    added = [
        Leader(slug, name, terms=(Term(slug, name, country, "minister", "", None, None, "current"),))
        for slug, (name, country) in people.items()
    ]  # fmt: skip
    return Registry([*registry, *added], registry.as_of), frozenset(known)


class Phrases:
    """Compiled phrases of one kind. Patterns run in time linear in the text, whatever they are."""

    def __init__(self, key: str, patterns: tuple[str, ...]) -> None:
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        self._patterns = []
        for pattern in patterns:
            try:
                self._patterns.append(re2.compile(pattern, options))
            except re2.error as wrong:
                raise RuleError(f"{key}: {pattern!r} is not a pattern that google-re2 knows ({wrong}); escape special characters") from wrong

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def find(self, text: str) -> tuple[int, int] | None:
        """Bounds of the first match in code points, None if nothing matches."""
        clean = text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
        for pattern in self._patterns:
            match = pattern.search(clean)
            if match:
                return match.start(), match.end()
        return None
