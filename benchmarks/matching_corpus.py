"""Labelled posts for the matcher's benchmarks: those of a corpus folder, and invented ones to fit on (`cases/`).

Of the corpus's natural posts, which bear no labels, some that the matcher was unsure of were read one by one; `stream_read.json` keeps
the verdicts by post. They are fitted on, never scored.

The cases in `tests/match/cases` are never fitted on: the tests hold the matcher to them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.match import Matcher
from monitor.match.engine import Reading
from monitor.match.features import speaker
from monitor.match.lines import Holders, read_row
from monitor.model import Holder

CASES = Path(__file__).parent / "cases"
STREAM_READ = Path(__file__).parent / "stream_read.json"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(slots=True)
class Labelled:
    """One labelled post as the engine reads it. `group` is what cross-validation keeps together: the account."""

    row: dict[str, Any]
    reading: Reading
    holder: Holder | None
    group: str
    source: str  # dev: of the corpus, scored; own: invented; stream: natural, read one by one
    closed: bool  # turned away by the gate, never read

    @property
    def label(self) -> int:
        return int(self.row["label"])

    @property
    def own(self) -> bool:
        return self.source == "own"

    @property
    def scored(self) -> bool:
        return self.source == "dev"


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def own_rows() -> Iterator[dict[str, Any]]:
    for path in sorted(CASES.glob("*.jsonl")):
        yield from rows(path)


def stream_rows(corpus: Path) -> Iterator[dict[str, Any]]:
    """The natural posts that were read, with their verdict; none where the corpus has no stream."""
    stream = corpus / "stream.jsonl.gz"
    if not stream.is_file():
        return
    verdicts = json.loads(STREAM_READ.read_text(encoding="utf-8"))
    labels = {name: label for label, names in ((1, verdicts["yes"]), (0, verdicts["no"])) for name in names}
    with gzip.open(stream, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["id"] in labels:
                yield {**row, "label": labels[row["id"]]}


def read_all(matcher: Matcher, corpus: Path) -> list[Labelled]:
    """Every labelled post: of the corpus's development part, the invented ones and the natural ones, read by the engine."""
    holders = Holders(matcher.registry)
    found = []
    for source, posts in (("dev", rows(corpus / "dev.jsonl")), ("own", own_rows()), ("stream", stream_rows(corpus))):
        for number, row in enumerate(posts):
            parts, holder, at = read_row(row, holders, NOW)
            readings = [matcher.read(part, text, holder, at.date()) for part, text in parts.items()]
            reading = max(readings, key=lambda one: (len(one.links), one.part == "text"))
            if any(one.part == "text" and one.cues for one in readings):
                reading = next(one for one in readings if one.part == "text")
            group = f"own-{number % 15}" if source == "own" else str(row["account"])
            closed = all(matcher.gate.closed(text, speaker(holder)) is not None for text in parts.values())
            found.append(Labelled(row, reading, holder, group, source, closed))
    return found
