"""What a frozen payload says: its words in order, whichever channel it was rendered for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

WORDS = ("text", "title", "subject", "content", "body", "message", "summary", "headline", "description", "plain", "value", "header", "footer",
         "fallback", "name")  # fmt: skip
"""Keys under which channels keep what people read."""

SHOWN = 6_000


def rendering(payload: Any) -> str:
    """The texts of a payload, each once, in its own order; "" where there is none."""
    lines: dict[str, None] = {}
    finished = payload["steps"] if isinstance(payload, Mapping) and "steps" in payload else payload
    for text in _texts(finished, 0):
        if text.strip() and not any(text in seen for seen in lines):
            lines[text] = None
    return "\n".join(lines)[:SHOWN]


def _texts(value: Any, depth: int) -> Iterator[str]:
    if depth > 12:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str):
                if key in WORDS:
                    yield inner
            else:
                yield from _texts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str) and depth:
                yield inner
            else:
                yield from _texts(inner, depth + 1)
