"""Where alerts go: rules to channels, with quiet hours, silences, digests and the flood guard. Pure."""

from __future__ import annotations

from monitor.route.cron import Cron, parse
from monitor.route.rules import CORRECTIONS, DIGEST, FLOOD, FLOOD_WINDOW, deliveries, matches, silenced
from monitor.route.values import WEEKDAYS, Facts, Quiet, Route, Rules

__all__ = [
    "CORRECTIONS", "DIGEST", "FLOOD", "FLOOD_WINDOW", "WEEKDAYS", "Cron", "Facts", "Quiet", "Route", "Rules", "deliveries",
    "matches", "parse", "silenced",
]  # fmt: skip
