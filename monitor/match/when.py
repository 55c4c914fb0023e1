"""When a contact is or was, as far as the words say."""

from __future__ import annotations

from datetime import datetime

from monitor.match.cues import Cue
from monitor.match.tokens import Tokens
from monitor.model import Holder, Interval, Status


def when_of(
    tokens: Tokens, cues: list[Cue], status: Status, at: datetime, holder: Holder | None
) -> tuple[Interval | None, tuple[int, int] | None]:  # fmt: skip
    """The interval, and the tokens that tell it."""
    return None, None
