"""What every source does to what it reads: clean text, parts in reading order, versions, dates, names for what was skipped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.model import PARTS, PartName

_SURROGATES = re.compile("[\ud800-\udfff]")
OLDEST, NEWEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class OddError(Exception):
    """One item cannot be read. The text names it; the rest of the page goes on."""


def clean(text: str) -> str:
    """Text as it may be stored: unpaired surrogates become U+FFFD, NUL goes, line ends are one character. Nothing else changes."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", text).replace("\0", "")


def text_of(value: Any) -> str:
    """A JSON value as clean text; empty for whatever is no string."""
    return clean(value) if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object; an empty one for whatever is none."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> Sequence[Any]:
    """A JSON array; an empty one for whatever is none."""
    return value if isinstance(value, list) else ()


def parts_of(**texts: str) -> dict[PartName, str]:
    """The parts that say something, in reading order."""
    return {name: texts[name] for name in PARTS if texts.get(name, "").strip()}


def version_of(parts: Mapping[PartName, str], *more: str) -> str:
    """A name for a revision where the platform has none: a hash of its parts."""
    told = "\x1e".join([*(f"{name}\x1f{text}" for name, text in sorted(parts.items())), *more])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def time_of(value: Any) -> datetime | None:
    """An ISO 8601 time, in UTC; None for anything else and for years that no post can be from."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if OLDEST <= found <= NEWEST else None


def skipped(reasons: Sequence[str], most: int = 3) -> str:
    """For an outcome's detail: how many items were skipped, and the first few by name. Empty if none was."""
    if not reasons:
        return ""
    shown = "; ".join(reason[:120] for reason in reasons[:most])
    rest = f"; and {len(reasons) - most} more" if len(reasons) > most else ""
    return f"{len(reasons)} skipped: {shown}{rest}"
