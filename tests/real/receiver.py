"""A real HTTP receiver on loopback that records what it gets and answers, fails, stalls or hangs up as it is told."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.real.beds import HOST, wait_until


@dataclass(frozen=True)
class Answer:
    """How one request is answered. `hang_up` resets the connection: before the body is read, after it, or half way
    through the answer. `delay` is in seconds; `float("inf")` holds the request until the receiver stops."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang_up: str | None = None  # "before", "after", "half"


@dataclass(frozen=True)
class Request:
    """One request as it arrived. `at` is of the monotonic clock."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    at: float
    accepted: bool = True  # answered well, whether or not the answer got through

    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Answers `Answer()` unless `then` put others in line, first come, first served."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._answers: deque[Answer] = deque()
        self.otherwise = Answer()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                try:
                    receiver.serve(self)
                except ConnectionError:
                    self.close_connection = True  # the client is gone: it was killed

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Tests read `requests` instead."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def then(self, *answers: Answer) -> None:
        """Answer the next requests so, in this order."""
        with self._lock:
            self._answers.extend(answers)

    def forget(self) -> None:
        """Take back what `then` put in line."""
        with self._lock:
            self._answers.clear()

    def wait(self, count: int, within: float = 10.0) -> list[Request]:
        """The requests so far, once there are `count` of them."""
        wait_until(lambda: len(self.requests) >= count, f"{count} requests (there are {len(self.requests)})", within)
        return list(self.requests)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            answer = self._answers.popleft() if self._answers else self.otherwise
        if answer.hang_up == "before":
            self._reset(handler)
            return
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.requests.append(Request(handler.command, handler.path, headers, body, time.monotonic(), answer.status < 300))
        if answer.delay:
            self._stopping.wait(None if answer.delay == float("inf") else answer.delay)
        if answer.hang_up == "after" or self._stopping.is_set():
            self._reset(handler)
            return
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body[: len(answer.body) // 2] if answer.hang_up == "half" else answer.body)
        if answer.hang_up == "half":
            handler.wfile.flush()
            self._reset(handler)

    @staticmethod
    def _reset(handler: BaseHTTPRequestHandler) -> None:
        """Close with RST rather than FIN, as a crashed server's kernel does."""
        handler.close_connection = True
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
