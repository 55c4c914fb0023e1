"""Keeps secrets out of the log, whoever writes the line.

httpx logs whole addresses (a Telegram token is part of one), and an exception may carry one as well. `quiet()`
silences the loggers that do so; `Scrub`, on every handler, is the net below.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

MASK = "[secret]"
LOUD = ("httpx", "httpcore", "aiohttp", "aiohttp.client", "hpack")

_SHAPES = re.compile(
    r"(?P<keep>(?i:bearer|basic|token)\s+)[A-Za-z0-9+/._~=-]{8,}"
    r"|(?P<bot>/bot)\d{5,}:[A-Za-z0-9_-]{20,}"
    r"|(?P<hook>/(?:api/)?webhooks/\d+/)[A-Za-z0-9_-]{20,}"
    r"|(?P<slack>hooks\.slack\.com/\w+/)[A-Za-z0-9/]{8,}"
    r"|(?P<user>://)[^/\s:@]+:[^/\s@]+(?=@)"
)


class Scrub(logging.Filter):
    """Masks the known secrets, and what looks like one, in a record's message and traceback. Add it to handlers."""

    def __init__(self) -> None:
        super().__init__()
        self._known: set[str] = set()

    def add(self, secret: str) -> None:
        """A value to mask from now on, plain and percent-encoded. Shorter than six characters is no secret worth the name."""
        if len(secret) >= 6:
            self._known |= {secret, quote(secret), quote(secret, safe="")}

    def clean(self, text: str) -> str:
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _SHAPES.sub(_mask, text)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.clean(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        return True


def _mask(match: re.Match[str]) -> str:
    kept = next((value for value in match.groupdict().values() if value), "")
    return kept + MASK


def quiet() -> None:
    """Warnings only from libraries that would log every address they call."""
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
