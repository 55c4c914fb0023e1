"""The small types of config.toml: durations, secrets, time zones, addresses."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def seconds(value: object) -> float:
    """`"90s"`, `"15m"`, `"1h30m"`, `"2d"`, or a plain number of seconds. ValueError otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("a duration is not negative")
        return float(value)
    if isinstance(value, str):
        compact = value.replace(" ", "")
        parts = _DURATION.findall(compact)
        if parts and "".join(n + u for n, u in parts) == compact:
            return sum(float(n) * UNITS[u] for n, u in parts)
    raise ValueError('a duration is written "90s", "15m", "12h", "2d", or as a number of seconds')


def time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('a time zone is an IANA name, such as "Europe/Paris" or "Asia/Kolkata"') from None
    return name


def web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s]*)?", value):
        raise ValueError("an address starts with https:// (or http:// on a local network) and holds no user or password")
    return value


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}], "examples": ["90s", "15m", "12h"]}),
]
"""Seconds."""

TimeZone = Annotated[str, AfterValidator(time_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Paris"]})]
WebAddress = Annotated[str, AfterValidator(web_address), WithJsonSchema({"type": "string", "format": "uri"})]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN, errno.EINTR, errno.ESTALE})
"""Errors of reading a file that are about the machine at this moment."""


class SecretError(Exception):
    """A secret's environment variable or file is not there. The text names it and says what to do.

    `passing`: the file is not to be had just now (no file descriptors, no memory, a disk in trouble), which says nothing of it.
    """

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing


class Secret(BaseModel):
    """`{ env = "NAME" }` or `{ file = "PATH" }`; the value itself never stands in config.toml, a log or a row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_in_the_open(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError('a secret never stands here in the open: write { env = "NAME" } or { file = "PATH" }')  # noqa: TRY004 - pydantic collects ValueError
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise ValueError('a secret is either { env = "NAME" } or { file = "PATH" }')
        return self

    @property
    def where(self) -> str:
        return f"environment variable {self.env}" if self.env else f"file {self.file}"

    def reveal(self, environ: Mapping[str, str], read: Callable[[str], str]) -> str:
        """The value. `read` reads a file as text; SecretError where there is none."""
        try:
            value = environ.get(self.env, "") if self.env else read(self.file or "")
        except OSError as error:
            if error.errno in PASSING:
                raise SecretError(f"{self.where} cannot be read just now ({error.strerror}); it is tried again", passing=True) from None
            raise SecretError(f"{self.where} cannot be read ({type(error).__name__}): create it, readable by Hotline only") from None
        except UnicodeDecodeError as error:
            raise SecretError(f"{self.where} cannot be read ({type(error).__name__}): create it, readable by Hotline only") from None
        if not value.strip():
            raise SecretError(f"{self.where} is not set or empty: set it before starting Hotline")
        return value.strip()
