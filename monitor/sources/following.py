"""Reading lines as they come: a file that grows, is rotated or cut, and standard input.

A place in a file is `inode:offset:fingerprint`, the fingerprint being a hash of the bytes before the offset. If the
file at the path is another one, or its bytes before the offset are no longer those, it is read from its beginning:
posts that were read before are known by their key and ignored, so nothing is lost and nothing doubled.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import threading
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

CHUNK = 1 << 20
"""Bytes read at a time; a line longer than this is skipped and named."""
FINGERPRINT = 256
FIRST, QUIET = 1.0, 0.05
"""Seconds to wait for standard input: for the first line, and for further ones before a pass is over."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Lines with their place ("line 3", "byte 1024"), what could not even be a line, and where to go on."""

    lines: tuple[tuple[str, str], ...]
    cursor: str | None = None
    more: bool = False
    odd: tuple[str, ...] = ()
    note: str = ""


class Following:
    """A file that is followed by name. An old file that was renamed away is read to its end first."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        self._file: IO[bytes] | None = None

    async def take(self, cursor: str | None) -> Taken:
        """The lines after `cursor`. OSError if there is no such file or it may not be read."""
        return await asyncio.to_thread(self._take, cursor)

    def done(self, taken: Taken) -> None:
        """Nothing to do: the cursor was stored with the posts."""

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take(self, cursor: str | None) -> Taken:
        here = self._path.stat()
        if self._file is None:
            self._file = self._path.open("rb")
        offset = _offset(self._file, cursor)
        taken = _lines(self._file, offset)
        rotated = os.fstat(self._file.fileno()).st_ino != here.st_ino
        if rotated and not taken.more:
            self.close()
            return replace(taken, more=True)
        return taken


class StandardInput:
    """Standard input, read by a thread so that nothing waits for it. It has no cursor: what is not stored at a crash is gone."""

    def __init__(self, stream: IO[bytes] | None = None, most: int = 5000) -> None:
        self._stream = stream or sys.stdin.buffer
        self._lines: deque[tuple[str, str]] = deque()
        self._odd: deque[str] = deque()
        self._room = threading.Semaphore(most)
        self._ended = False
        self._came = threading.Event()
        self._patience = FIRST
        self._thread = threading.Thread(target=self._read, name="standard input", daemon=True)
        self._thread.start()

    async def take(self, cursor: str | None) -> Taken:
        """What has come in, up to 500 lines; they stay until `done`. The first time it waits a moment for something to come."""
        if not self._lines and not self._ended:
            await asyncio.to_thread(self._came.wait, self._patience)
        self._patience = QUIET
        self._came.clear()
        ended = self._ended  # looked at first: lines added after it are for the next time
        lines = tuple(self._lines[i] for i in range(min(len(self._lines), 500)))
        odd = tuple(self._odd[i] for i in range(len(self._odd)))
        over = ended and len(lines) == len(self._lines)
        return Taken(lines, None, bool(lines) and not over, odd, "end of input" if over else "")

    def done(self, taken: Taken) -> None:
        """These lines are stored."""
        for _ in taken.lines:
            self._lines.popleft()
            self._room.release()
        for _ in taken.odd:
            self._odd.popleft()

    def close(self) -> None:
        """The thread ends with the process: a blocked read cannot be called off."""

    def _read(self) -> None:
        number = 0
        too_long = False
        while chunk := self._stream.readline(CHUNK):
            whole = chunk.endswith(b"\n")
            if too_long or not (whole or len(chunk) < CHUNK):
                too_long = not whole
                if whole:
                    number += 1
                    self._odd.append(f"line {number}: longer than {CHUNK:,} bytes")
                continue
            number += 1
            if chunk.strip():
                self._room.acquire()
                self._lines.append((f"line {number}", chunk.decode("utf-8", "replace")))
                self._came.set()
        self._ended = True
        self._came.set()


def _offset(file: IO[bytes], cursor: str | None) -> int:
    """Where to go on: the cursor's offset if this is still the file it speaks of, else the beginning."""
    inode, _, rest = (cursor or "").partition(":")
    offset, _, mark = rest.partition(":")
    status = os.fstat(file.fileno())
    if not offset.isdecimal() or inode != str(status.st_ino) or int(offset) > status.st_size:
        return 0
    return int(offset) if _fingerprint(file, int(offset)) == mark else 0


def _fingerprint(file: IO[bytes], offset: int) -> str:
    start = max(0, offset - FINGERPRINT)
    file.seek(start)
    return hashlib.sha256(file.read(offset - start)).hexdigest()[:16]


def _lines(file: IO[bytes], offset: int) -> Taken:
    file.seek(offset)
    chunk = file.read(CHUNK)
    end = chunk.rfind(b"\n") + 1
    if end == 0 and len(chunk) == CHUNK:
        odd = f"byte {offset}: a line longer than {CHUNK:,} bytes"
        return Taken((), _cursor(file, offset + CHUNK), more=True, odd=(odd,))  # its rest will be named as no JSON
    tail = chunk[end:].strip()
    if len(chunk) < CHUNK and tail.startswith(b"{") and tail.endswith(b"}") and _is_json(tail):
        end = len(chunk)  # a last line without a line end, complete all the same
    lines = []
    at = offset
    for line in chunk[:end].split(b"\n"):
        if line.strip():
            lines.append((f"byte {at}", line.decode("utf-8", "replace")))
        at += len(line) + 1
    return Taken(tuple(lines), _cursor(file, offset + end), more=len(chunk) == CHUNK)


def _cursor(file: IO[bytes], offset: int) -> str:
    return f"{os.fstat(file.fileno()).st_ino}:{offset}:{_fingerprint(file, offset)}"


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
