"""A real IRC server (ngIRCd) on loopback, and a reader who sits in a channel."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.beds import HOST, Server, program, unused_port, wait_until


@dataclass(frozen=True, slots=True)
class Line:
    """A message in the channel."""

    nick: str
    text: str
    command: str  # PRIVMSG or NOTICE


class Reader:
    """A client that joins one channel and keeps what is said there."""

    def __init__(self, port: int, channel: str, nick: str = "desk"):
        self.channel, self.lines, self._joined = channel, list[Line](), threading.Event()
        self._socket = socket.create_connection((HOST, port), timeout=20)
        self._stream = self._socket.makefile("r", encoding="utf-8", errors="replace", newline="\n")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self._say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        assert self._joined.wait(20), f"not in {channel} after 20 s"

    def _say(self, *lines: str) -> None:
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _listen(self) -> None:
        try:
            for raw in self._stream:
                self._take(raw.rstrip("\r\n"))
        except (OSError, ValueError):
            return  # closed

    def _take(self, line: str) -> None:
        prefix, _, rest = line[1:].partition(" ") if line.startswith(":") else ("", "", line)
        head, _, text = rest.partition(" :")
        command, *args = head.split()
        if command == "PING":
            self._say(f"PONG :{text}")
        elif command == "001":
            self._say(f"JOIN {self.channel}")
        elif command == "366":  # end of the list of names: we are in
            self._joined.set()
        elif command in ("PRIVMSG", "NOTICE") and args and args[0] == self.channel:
            self.lines.append(Line(prefix.partition("!")[0], text, command))

    def wait(self, count: int, within: float = 10.0) -> list[Line]:
        wait_until(lambda: len(self.lines) >= count, f"{count} lines (there are {len(self.lines)})", within)
        return list(self.lines)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._stream.close()
        self._socket.close()


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """Start ngIRCd (0.1 s); its port."""
    ngircd, port = program("ngircd"), unused_port()
    settings = folder / "ngircd.conf"
    settings.write_text(
        f"[Global]\nName = irc.test\nInfo = tests\nListen = {HOST}\nPorts = {port}\n[Limits]\nMaxConnectionsIP = 0\n"
        "[Options]\nIdent = no\nDNS = no\nPAM = no\n",
        "utf-8",
    )
    server = Server([ngircd, "-n", "-f", str(settings)], folder / "ngircd.log")
    server.ready(lambda: _accepts(port))
    try:
        yield port
    finally:
        server.stop()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
