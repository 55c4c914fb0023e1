"""Evidence highlighted in place: spans built on escaped text. Post text is hostile and is only ever escaped, never parsed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

ROLES = (
    "trigger", "party", "holder", "mode", "tense", "modality", "negation", "when", "where", "topic", "trap",
)  # fmt: skip
SHOWN = 20_000
"""Characters of one part that a page shows; the rest is counted."""


def segments(text: str, spans: Iterable[tuple[int, int, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """The text cut where a span begins or ends: (piece, its roles in order). Joined, the pieces are the text."""
    length = len(text)
    inside = [(max(0, start), min(length, end), role) for start, end, role in spans if start < end and start < length and end > 0]
    cuts = sorted({0, length, *(edge for start, end, _ in inside for edge in (start, end))})
    found = []
    for start, end in itertools.pairwise(cuts):
        roles = dict.fromkeys(role for first, last, role in inside if first <= start and end <= last)
        found.append((text[start:end], tuple(roles)))
    return found


def highlighted(text: str | None, evidence: Iterable[Mapping[str, Any]] = (), part: str = "text") -> Markup:
    """One part of a post as inert HTML with its evidence in `<mark>`; the offsets are code points of the part as stored."""
    shown = (text or "")[:SHOWN]
    spans = [
        (int(span["start"]), int(span["end"]), str(span["role"])) for span in evidence if span.get("part") == part
    ]
    pieces = []
    for piece, roles in segments(shown, spans):
        known = [role for role in roles if role in ROLES]
        if known:
            names = Markup(" ").join(Markup("ev-{}").format(role) for role in known)
            pieces.append(Markup('<mark class="ev {}" title="{}">{}</mark>').format(names, ", ".join(known), piece))
        else:
            pieces.append(escape(piece))
    left = len(text or "") - len(shown)
    if left > 0:
        pieces.append(Markup('<span class="quiet"> … {} more characters</span>').format(f"{left:,}"))
    return Markup("").join(pieces)


def snippet(text: str | None, evidence: Iterable[Mapping[str, Any]] = (), length: int = 220) -> Markup:
    """The beginning of a part for a card, highlighted; from just before the first evidence where that lies further on."""
    whole = text or ""
    spans = [span for span in evidence if span.get("part") == "text"]
    first = min((int(span["start"]) for span in spans), default=0)
    begin = max(0, first - 60) if first > length - 60 else 0
    cut = whole[begin : begin + length]
    moved = [{**span, "start": int(span["start"]) - begin, "end": int(span["end"]) - begin} for span in spans]
    before, after = "… " if begin else "", " …" if len(whole) > begin + length else ""
    return escape(before) + highlighted(cut, moved) + escape(after)
