"""The post's own words with the evidence marked: which parts, how much of them, and where the spans lie in what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.compose.catalogue import Catalogue
from monitor.model import PARTS, Evidence, PartName, Post

LENGTH = 900
"""Code points of quote: what every channel takes along with the rest; a reader of an alert wants the sentence, not the speech."""

LEAD = 120  # code points shown before the first evidence where the beginning is cut
ALWAYS: tuple[PartName, ...] = ("title", "text")


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    spans: tuple[tuple[int, int], ...]
    cut: bool


def quote(post: Post, evidence: Iterable[Evidence], words: Catalogue) -> Quote:
    """Title and text, and of the other parts those that hold evidence, named; cut around the evidence."""
    by_part: dict[PartName, list[tuple[int, int]]] = {}
    for e in evidence:
        if 0 <= e.start < e.end <= len(post.parts.get(e.part, "")):
            by_part.setdefault(e.part, []).append((e.start, e.end))
    text, spans = "", []
    for part in PARTS:
        said = post.parts.get(part, "")
        if not said.strip() or (part not in ALWAYS and part not in by_part):
            continue
        text += "\n\n" if text else ""
        if part not in ALWAYS:
            text += f"[{words('part.' + part)}] "
        spans += [(len(text) + start, len(text) + end) for start, end in by_part.get(part, ())]
        text += said
    return _cut(text, _merged(spans))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, overlapping ones joined."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(text: str, spans: list[tuple[int, int]]) -> Quote:
    if len(text) <= LENGTH:
        return Quote(text, tuple(spans), cut=False)
    first = max(0, spans[0][0] - LEAD) if spans and spans[0][1] > LENGTH else 0
    before, kept = ("…" if first else ""), text[first : first + LENGTH]
    shift = len(before) - first
    inside = tuple((s + shift, min(e, first + LENGTH) + shift) for s, e in spans if s < first + LENGTH)
    return Quote(before + kept + ("…" if first + LENGTH < len(text) else ""), inside, cut=True)
