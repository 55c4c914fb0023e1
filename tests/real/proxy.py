"""A reverse proxy on loopback in front of a real server, that can stop an exchange half way: what a test kills Hotline in."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.real.beds import HOST

Moment = Literal["request", "answer"]
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length", "host", "proxy-connection"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that the server answered. Times are of the monotonic clock, in seconds."""

    method: str
    path: str
    status: int
    asked_at: float
    answered_at: float
    answer: bytes


class Gate:
    """Holds one exchange: before the server gets the request, or after it has answered and before the client hears of it."""

    def __init__(self, moment: Moment, method: str, part: str):
        self.moment, self.method, self.part = moment, method, part
        self._reached, self._over, self._cut = threading.Event(), threading.Event(), False

    def reached(self, within: float = 30.0) -> None:
        """Wait until an exchange stands here."""
        assert self._reached.wait(within), f"no {self.method} with {self.part!r} in its path within {within:g} s"

    def open(self) -> None:
        """Let it go on."""
        self._over.set()

    def cut(self) -> None:
        """End it: the connection closes without an answer. A request held before the server never gets there."""
        self._cut = True
        self._over.set()

    def stand(self) -> bool:
        """What the exchange does here; whether it may go on."""
        self._reached.set()
        self._over.wait()
        return not self._cut


class Proxy:
    """Passes everything on to `target`. `down` closes every connection instead, as a server that is gone."""

    def __init__(self, target: str):
        self._target = urlsplit(target)
        self.exchanges: list[Exchange] = []
        self.down = False
        self._gates: list[Gate] = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                try:
                    proxy.serve(self)
                except OSError:
                    self.close_connection = True  # the client is gone: it was killed

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Tests read `exchanges` instead."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def hold(self, moment: Moment, method: str, part: str = "") -> Gate:
        """Hold the next exchange with this method whose path holds `part`."""
        gate = Gate(moment, method, part)
        with self._lock:
            self._gates.append(gate)
        return gate

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        gate = self._gate(handler)
        if self.down or (gate and gate.moment == "request" and not gate.stand()):
            handler.close_connection = True
            return
        asked = time.monotonic()
        status, headers, answer = self._pass_on(handler, body)
        with self._lock:
            self.exchanges.append(Exchange(handler.command, handler.path, status, asked, time.monotonic(), answer))
        if gate and gate.moment == "answer" and not gate.stand():
            handler.close_connection = True
            return
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP:
                handler.send_header(name, value)
        if status not in (204, 304):
            handler.send_header("content-length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def _gate(self, handler: BaseHTTPRequestHandler) -> Gate | None:
        with self._lock:
            for gate in self._gates:
                if gate.method == handler.command and gate.part in handler.path:
                    self._gates.remove(gate)
                    return gate
        return None

    def _pass_on(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._target.hostname or HOST, self._target.port, timeout=60)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in HOP}
        try:
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def stop(self) -> None:
        with self._lock:
            gates = list(self._gates)
        for gate in gates:
            gate.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def in_front_of(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.stop()
