"""What can be wrong with the database, each with one line that says what to do about it."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The database cannot be used as asked. `str()` is one sentence of what happened and one of what to do."""


class StoreLocked(StoreError):  # noqa: N818  reads as a state, like FileExists
    """Another daemon runs on this database."""


class StoreBusy(StoreError):  # noqa: N818
    """Another process kept the database locked for longer than the busy timeout. Nothing was written; try again."""


class StoreFull(StoreError):  # noqa: N818
    """The disk is full. Nothing was written; what was asked may be asked again once there is room."""


class StoreCorrupt(StoreError):  # noqa: N818
    """The file is damaged or no database."""


class StoreNotWritable(StoreError):  # noqa: N818
    """The file or its folder cannot be written or made."""


class StoreForeign(StoreError):  # noqa: N818
    """A database of another program, or of a newer Hotline."""


class RenderFailed(StoreError):  # noqa: N818
    """The payload of a delivery could not be made: it is dead, so that it holds up no other. The cause is chained."""

    def __init__(self, delivery: int, why: str) -> None:
        super().__init__(f"Delivery {delivery} could not be laid out and is dead: {why}. Please report it.")
        self.delivery = delivery


def explain(error: sqlite3.Error, path: Path | str) -> StoreError:
    """The StoreError that says what SQLite meant, for errors that are about the file and not about the statement."""
    text = str(error).lower()
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith("SQLITE_FULL") or "disk is full" in text:
        return StoreFull(f"No room to write {path}: {error}. Free some space; Hotline goes on by itself.")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or "is locked" in text:
        return StoreBusy(f"{path} is locked by another program: {error}. End the program that writes to it, or wait.")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in text or "not a database" in text:
        return StoreCorrupt(
            f"{path} is damaged or no database: {error}. Keep the file, run `hotline recover`, or restore a backup."
        )
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN")) or "readonly" in text or "unable to open" in text:
        return StoreNotWritable(f"{path} cannot be written: {error}. Check the owner and mode of the file and its folder.")
    if code.startswith("SQLITE_IOERR") or "disk i/o" in text:
        return StoreError(f"Reading or writing {path} failed: {error}. Check the disk and the system's log.")
    return StoreError(f"{path}: {error}. This is a fault in Hotline: please report it with this line.")
