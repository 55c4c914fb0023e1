"""Log lines: one a happening, readable at a glance or as JSON; never a secret, never two lines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

LEVELS = {"DEBUG": "debug", "INFO": "info", "WARNING": "warn", "ERROR": "error", "CRITICAL": "error"}


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra={"facts": {...}}`."""
    facts = getattr(record, "facts", None)
    return facts if isinstance(facts, dict) else {}


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


class Readable(logging.Formatter):
    """`09:24:15 poll    3 new posts  account=bluesky:elysee.fr`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = "  ".join(f"{k}={v}" for k, v in _facts(record).items())
        mark = "" if record.levelno < logging.WARNING else f"{LEVELS[record.levelname].upper()} "
        line = f"{_moment(record):%H:%M:%S} {record.name.rpartition('.')[2]:<8} {mark}{record.getMessage()}"
        line = f"{line}  {facts}" if facts else line
        if record.exc_info:
            line += " | " + self.formatException(record.exc_info)
        return " ".join(line.splitlines())


class Json(logging.Formatter):
    """One JSON object a line: at, level, room, event, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        moment = _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {"at": moment, "level": LEVELS[record.levelname], "room": record.name.rpartition(".")[2]}
        line["event"] = record.getMessage()
        line |= _facts(record)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(style: Literal["text", "json"], level: str = "INFO", stream: TextIO | None = None) -> logging.Logger:
    """Send Hotline's log lines to standard error. Libraries speak only of warnings."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Json() if style == "json" else Readable())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger = logging.getLogger("hotline")
    logger.setLevel(level)
    return logger
