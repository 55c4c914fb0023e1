"""What all test beds share: where the servers are installed, what to do when one is missing, how a process is run."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

import httpx
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INSTALLED = Path(os.environ.get("HOTLINE_REAL_DIR") or ROOT / ".real")
HOST = "127.0.0.1"

T = TypeVar("T")


def missing(what: str) -> None:
    """Skip for want of a server, or fail where every one must be there (`HOTLINE_REAL=all`)."""
    text = f"missing: {what}; run tests/real/install.sh"
    if os.environ.get("HOTLINE_REAL") == "all":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def program(name: str) -> str:
    """The path of an installed program; skips or fails without it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        missing(name)
    assert found
    return found


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_until(check: Callable[[], T], what: str, within: float = 30.0, every: float = 0.05) -> T:
    """The first truthy answer of `check`; AssertionError after `within` seconds."""
    end = time.monotonic() + within
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {within:g} s: {what}"
        time.sleep(every)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


class Server:
    """A server as a child process: its lines of standard output in a queue, its errors in a file."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None):
        self.log = log
        self._errors: IO[bytes] = log.open("ab")
        self.process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=dict(env) if env else None, cwd=cwd
        )
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def line(self, within: float) -> bytes:
        """The next line of standard output; AssertionError with the log if the server ended or says nothing."""
        try:
            line = self.lines.get(timeout=within)
        except queue.Empty:
            line = None
        assert line is not None, f"{self.process.args!r} said nothing:\n{self.tail()}"
        return line

    def ready(self, check: Callable[[], bool], within: float = 60.0) -> None:
        def settled() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.tail()}"
            return check()

        try:
            wait_until(settled, f"{self.process.args!r} ready", within)
        except AssertionError:
            self.stop()
            raise

    def tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:] if self.log.exists() else ""

    def stop(self, within: float = 20.0) -> int:
        """SIGTERM, a wait, SIGKILL; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self._reader.join(5)
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                stream.close()
        return self.process.returncode


def listeners(ancestor: int) -> set[tuple[str, int]]:
    """(address, port) of every TCP socket on which a process below `ancestor` listens, from /proc."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except (OSError, ValueError):
            continue  # ended meanwhile
    below, queued = set[int](), [ancestor]
    while queued:
        found = children.get(queued.pop(), [])
        below.update(found)
        queued.extend(found)
    open_sockets = set()
    for pid in below:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                open_sockets.add(str(descriptor.readlink()))
            except OSError:
                continue
    listening = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in open_sockets:
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address)[at : at + 4][::-1] for at in range(0, len(address) // 2, 4)]
                listening.add((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return listening
