"""The user's own `[[leader]]` tables laid over the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.leaders.values import Leader


class OverlayError(ValueError):
    """A `[[leader]]` table that cannot be understood; says which one, which key, and what to do."""


def overlaid(leaders: Mapping[str, Leader], tables: Sequence[Mapping[str, Any]]) -> dict[str, Leader]:
    """`leaders` with the tables applied in order."""
    if tables:
        raise OverlayError("not read yet")
    return dict(leaders)
