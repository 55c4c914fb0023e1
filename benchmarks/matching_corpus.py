"""Labelled posts for the matcher's benchmarks: those of a corpus folder, and invented ones to fit on (`cases/`).

The cases in `tests/match/cases` are never fitted on: the tests hold the matcher to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.match import Matcher
from monitor.match.engine import Reading
from monitor.match.lines import Holders, read_row
from monitor.model import Holder

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(slots=True)
class Labelled:
    """One labelled post as the engine reads it. `group` is what cross-validation keeps together: the account."""

    row: dict[str, Any]
    reading: Reading
    holder: Holder | None
    group: str
    own: bool
    closed: bool  # turned away by the gate, never read

    @property
    def label(self) -> int:
        return int(self.row["label"])


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def own_rows() -> Iterator[dict[str, Any]]:
    for path in sorted(CASES.glob("*.jsonl")):
        yield from rows(path)


def read_all(matcher: Matcher, corpus: Path) -> list[Labelled]:
    """Every labelled post of the corpus's development part and of the invented ones, read by the engine."""
    holders = Holders(matcher.registry)
    found = []
    for own, source in ((False, rows(corpus / "dev.jsonl")), (True, own_rows())):
        for number, row in enumerate(source):
            parts, holder, at = read_row(row, holders, NOW)
            readings = [matcher.read(part, text, holder, at.date()) for part, text in parts.items()]
            reading = max(readings, key=lambda one: (len(one.links), one.part == "text"))
            if any(one.part == "text" and one.cues for one in readings):
                reading = next(one for one in readings if one.part == "text")
            group = f"own-{number % 15}" if own else str(row["account"])
            closed = all(matcher.gate.closed(text) is not None for text in parts.values())
            found.append(Labelled(row, reading, holder, group, own, closed))
    return found
