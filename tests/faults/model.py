"""What Hotline promises of a call between two governments, as a model of a page: no matcher, no database, no network.

Each government has one post about each other one. The model is told of every revision in the order in which Hotline stored it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

READOUT = timedelta(hours=12)
Word = Literal["claims", "says nothing", "deleted"]


@dataclass(slots=True)
class Call:
    """One contact: who says so now, who ever said so, what was told, when a readout is overdue."""

    saying: dict[str, bool] = field(default_factory=dict)  # side -> still says so
    told: list[str] = field(default_factory=list)
    since: dict[str, datetime] = field(default_factory=dict)  # side -> first word
    overdue: bool = False

    def heard(self, side: str, word: Word, at: datetime) -> None:
        """A revision of this side's post."""
        said = self.saying.get(side)
        if word == "claims":
            if not self.saying:
                self.told.append("new")
            elif said is None:
                self.told.append("confirmed")
            elif said is False:
                self.told.append("update")  # it says so again
            self.saying[side] = True
            self.since.setdefault(side, at)
        elif said:
            self.saying[side] = False
            self.told.append("source_deleted")
            if not any(self.saying.values()):
                self.overdue = False  # nothing is awaited any more, and may be again

    def passed(self, now: datetime) -> None:
        """Time went on."""
        due = min((at + READOUT for side, at in self.since.items() if self.saying[side]), default=None)
        if due is not None and due <= now and not self.overdue:
            self.overdue = True
            self.told.append("overdue")


@dataclass(slots=True)
class World:
    """All calls, by the two sides in order of the alphabet."""

    calls: dict[tuple[str, str], Call] = field(default_factory=dict)

    def heard(self, side: str, other: str, word: Word, at: datetime) -> None:
        pair = (min(side, other), max(side, other))
        if word == "claims" or pair in self.calls:
            self.calls.setdefault(pair, Call()).heard(side, word, at)

    def passed(self, now: datetime) -> None:
        for call in self.calls.values():
            call.passed(now)

    def told(self) -> dict[str, list[str]]:
        return {" ".join(pair): call.told for pair, call in self.calls.items() if call.told}
