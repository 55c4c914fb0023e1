"""What is kept of a feed between fetches: validators, the body's hash, where it moved, what was seen. One cursor row. Pure.

Validators are sent back byte for byte (servers compare for equality) and stand in the row that is written with the
entries: a crash between the two would lose entries behind a 304.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from monitor.http import moment
from monitor.sources.shaping import mapping, sequence, text_of, time_of

ADOPT_AFTER = 3
"""A permanent redirect is taken for the feed's new address when it was seen so often in a row."""


@dataclass(frozen=True, slots=True)
class State:
    """The row of one feed. Times as ISO text."""

    url: str = ""  # adopted after redirects; empty: as configured
    configured: str = ""  # the address that all this belongs to
    etag: str = ""
    modified: str = ""
    body: str = ""  # 16 hex of the last body
    full_at: str = ""  # when it was last fetched without condition
    moves: str = ""  # where it redirects to for good
    moved: int = 0  # how often in a row
    retired: str = ""  # since when it answers 410
    seen: tuple[str, ...] = ()  # `Seen` as text: read only when the body has changed

    @classmethod
    def read(cls, row: str | None, configured: str) -> State | None:
        """The state of a row; None without one. A feed whose configured address changed keeps only what was seen."""
        if row is None:
            return None
        try:
            kept = mapping(json.loads(row))
        except ValueError:
            kept = {}
        seen = tuple(text for text in sequence(kept.get("seen")) if isinstance(text, str))
        if text_of(kept.get("configured")) != configured:
            return cls(configured=configured, seen=seen)
        texts = {
            name: text_of(kept.get(name))
            for name in ("url", "configured", "etag", "modified", "body", "full_at", "moves", "retired")
        }
        moved = kept.get("moved")
        return cls(**texts, moved=moved if isinstance(moved, int) else 0, seen=seen)

    def row(self) -> str:
        """As a cursor's value; what is empty is left out."""
        plain = {name: value for name, value in asdict(replace(self, seen=())).items() if value}
        return json.dumps({**plain, "seen": self.seen}, separators=(",", ":"))

    def conditions(self, now: datetime, full_every: timedelta) -> dict[str, str]:
        """The conditional headers; none when a whole answer is due: some servers say 304 although an entry was taken out."""
        full_at = time_of(self.full_at)
        if full_at is None or now - full_at >= full_every or full_at > now:
            return {}
        headers = {"If-None-Match": self.etag} if self.etag else {}
        return headers | ({"If-Modified-Since": self.modified} if self.modified else {})

    def redirected(self, to: str) -> State:
        """After a permanent redirect: counted, and adopted in the end."""
        if to != self.moves:
            return replace(self, moves=to, moved=1)
        if self.moved + 1 < ADOPT_AFTER:
            return replace(self, moved=self.moved + 1)
        return replace(self, url=to, moves="", moved=0, etag="", modified="")


def fresh_for(headers: Mapping[str, str], now: datetime, cap: float) -> datetime | None:
    """Until when the server says that its answer stays good (max-age less Age, else Expires), at most `cap` seconds."""
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return None
    seconds = 0.0
    for part in control.split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age" and value.strip('" ').isdecimal():
            age = headers.get("age", "0").strip()
            seconds = float(value.strip('" ')) - (float(age) if age.isdecimal() else 0.0)
            break
    else:
        expires = moment(headers.get("expires", ""), now) if headers.get("expires", "0").strip() not in ("0", "-1", "") else None
        if expires is not None:
            seconds = (expires - now).total_seconds()
    return now + timedelta(seconds=min(seconds, cap)) if seconds > 0 and cap > 0 else None
