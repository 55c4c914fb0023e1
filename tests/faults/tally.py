"""What the fault tests did, counted: one JSON line a test in the file that HOTLINE_FAULTS names, for docs/reliability.md."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tally:
    """One row of the table. `doubled` counts repeats that were not marked, `marked` those that said so; seconds to recover, worst."""

    fault: str
    injected: int
    alerts: int  # that had to arrive
    lost: int
    doubled: int
    marked: int = 0
    recovery: float | None = None  # seconds of real time from the end of the fault to the last alert's arrival


def record(tally: Tally) -> None:
    """Assert what holds for every fault, and keep the figures where they are wanted."""
    if path := os.environ.get("HOTLINE_FAULTS"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(tally)) + "\n")
    assert tally.injected > 0, f"{tally.fault}: nothing was injected"
    assert tally.lost == 0, f"{tally.fault}: {tally.lost} of {tally.alerts} alerts lost"
    assert tally.doubled == 0, f"{tally.fault}: {tally.doubled} alerts doubled without a mark"
