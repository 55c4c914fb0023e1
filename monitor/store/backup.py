"""Copies of the log while the daemon writes, each proved to be whole before it takes its name."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from monitor.store.database import check, open_for_reading
from monitor.store.errors import StoreError, StoreNotWritable, explain


def backup(path: str | Path, target: str | Path) -> Path:
    """Copy the database at `path` to `target` (replaced if it is there) as it stands at one moment. Returns the target.

    The copy is one file, readable by its owner alone, checked by SQLite and on the disk before it replaces an older one.
    It blocks no writer. Raises StoreError; then the older copy is untouched.
    """
    path, target = Path(path), Path(target)
    if target.exists() and target.samefile(path):
        raise StoreError(f"{target} is the database itself. Name another file for the backup.")
    part = target.with_name(target.name + ".part")
    source = open_for_reading(path)
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        copy = Database(sqlite3.connect(part, isolation_level=None))
        try:
            source.conn.backup(copy.conn)
            copy.conn.execute("PRAGMA journal_mode = DELETE")  # one file, without a -wal beside it
            check(copy)
        finally:
            copy.close()
        _to_disk(part)
        part.replace(target)
        _to_disk(target.parent)
    except OSError as error:
        _drop(part)
        raise StoreNotWritable(
            f"{target} cannot be written: {error.strerror}. Check the folder's mode and its free space."
        ) from error
    except sqlite3.Error as error:
        _drop(part)
        raise explain(error, target) from error
    except BaseException:
        _drop(part)
        raise
    finally:
        source.close()
    return target


def rotated(path: Path, folder: Path, keep: int, now: datetime) -> Path:
    """A dated backup in `folder`; only when it is whole are those beyond the newest `keep` deleted. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreNotWritable(f"{folder} cannot be made: {error.strerror}. Check the mode of the folder above it.") from error
    made = backup(path, folder / f"{path.stem}-{now:%Y%m%dT%H%M%SZ}.db")
    for old in backups_of(path, folder)[max(keep, 1) :]:
        old.unlink(missing_ok=True)
    return made


def backups_of(path: Path, folder: Path) -> list[Path]:
    """The backups of a database in a folder, newest first: their names hold their time."""
    return sorted(folder.glob(f"{path.stem}-*Z.db"), reverse=True)


def _to_disk(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _drop(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
