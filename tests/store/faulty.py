"""A database driver that fails on purpose: the outer seam at which the store's tests break things."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any


class Crash(BaseException):
    """The process is gone: nothing may run after it but the end."""


class Bomb:
    """Counts statements and goes off at one of them; `fuse` None: only count."""

    def __init__(self) -> None:
        self.fuse: int | None = None
        self.count = 0
        self.log: list[str] = []

    def arm(self, fuse: int | None) -> None:
        self.fuse, self.count, self.log = fuse, 0, []

    def tick(self, sql: str) -> None:
        self.count += 1
        self.log.append(sql)
        if self.fuse is not None and self.count >= self.fuse:
            raise Crash(sql)

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        bomb = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                bomb.tick(sql)
                # The process dies here, the machine does not: nothing need reach the disk, which takes most of the time.
                return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *values)

        return sqlite3.connect(*args, factory=Connection, **options)


def die(*_: Any) -> None:
    """As SIGKILL does: no rollback, no close, no flush."""
    os._exit(9)


def connecting(*pragmas: str, **changed: Any) -> Callable[..., sqlite3.Connection]:
    """`sqlite3.connect` with these options instead, and these pragmas set."""

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*args, **{**options, **changed})
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return connect
