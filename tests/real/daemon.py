"""Hotline itself as a child process: started, read, stopped, killed and started again; and its log, read from outside."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.real.beds import ROOT, wait_until

Row = dict[str, Any]
READY = "ready"
"""The log line after which the daemon polls and listens to signals."""


class Daemon:
    """`bot.py --config CONFIG run --log json`. One object over several runs; `lines` are those of the present run."""

    def __init__(self, config: Path, env: Mapping[str, str] | None = None, command: Sequence[str] = ("run",)):
        self.config = config
        self._command = [sys.executable, str(ROOT / "bot.py"), "--config", str(config), *command, "--log", "json"]
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self.lines: list[Row] = []
        self.runs = 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def launch(self) -> None:
        """Start it and do not wait."""
        assert self._process is None or self._process.poll() is not None, "still running"
        self.runs += 1
        lines: list[Row] = []
        self.lines = lines
        self._process = subprocess.Popen(
            self._command, env=self._env, cwd=self.config.parent, stdin=subprocess.DEVNULL,
            stdout=(self.config.parent / f"stdout-{self.runs}.log").open("wb"), stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(self._process, lines), daemon=True)
        self._reader.start()

    def start(self, within: float = 30.0) -> float:
        """Start it and wait until it is ready; the seconds that took."""
        began = time.monotonic()
        self.launch()
        self.ready(within)
        return time.monotonic() - began

    def ready(self, within: float = 30.0) -> None:
        """Wait until it polls and listens to signals."""
        self.wait_for(lambda line: line.get("event") == READY, "ready", within)

    def wait_for(self, wanted: Callable[[Row], bool], what: str, within: float = 30.0) -> Row:
        """The first log line of this run that is wanted."""

        def look() -> Row | None:
            found = next((line for line in list(self.lines) if wanted(line)), None)
            if found is None:
                assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.story()}"
            return found

        try:
            found = wait_until(look, what, within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story()}") from None
        assert found is not None
        return found

    def kill(self) -> None:
        """SIGKILL: no word, no clean-up."""
        self.process.kill()
        self.process.wait(10)
        self._finish()

    def stop(self, within: float = 20.0) -> int:
        """SIGTERM, and wait; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(within)
        self._finish()
        return status

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def close(self) -> None:
        """End it however it stands."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def story(self) -> str:
        """The last log lines of this run, for an assertion's message."""
        return "\n".join(json.dumps(line, ensure_ascii=False) for line in self.lines[-30:])

    def errors(self) -> list[Row]:
        return [line for line in self.lines if line.get("level") == "error"]

    @staticmethod
    def _parsed(raw: bytes) -> Row:
        try:
            said = json.loads(raw)
        except ValueError:
            said = None
        return said if isinstance(said, dict) else {"level": "error", "event": raw.decode("utf-8", "replace").rstrip()}

    def _read(self, process: subprocess.Popen[bytes], lines: list[Row]) -> None:
        assert process.stderr is not None
        for raw in process.stderr:
            lines.append(self._parsed(raw))

    def _finish(self) -> None:
        assert self._reader is not None
        self._reader.join(5)
        if self.process.stderr:
            self.process.stderr.close()


class Log:
    """The daemon's database, read as any SQLite tool would while the daemon writes."""

    def __init__(self, path: Path):
        self.path = path

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """[] while there is no database or no such table yet."""
        if not self.path.exists():
            return []
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql, values)]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def count(self, sql: str, *values: Any) -> int:
        """The one number that the query asks for; 0 while there is nothing."""
        found = self.rows(sql, *values)
        return int(next(iter(found[0].values())) or 0) if found else 0

    def baselined(self, accounts: int) -> None:
        """Wait until so many accounts had their first poll."""
        wait_until(
            lambda: self.count("SELECT count(*) FROM accounts WHERE polled_at IS NOT NULL AND active") >= accounts,
            f"the first poll of {accounts} accounts", 30,
        )  # fmt: skip

    def posted(self, key: str, revision: int = 1, within: float = 20.0) -> Row:
        """Wait until this revision of the post is logged and triaged; the post's row."""
        sql = (
            "SELECT * FROM posts WHERE key = ? AND revision >= ? AND flagged IS NOT NULL"
            " AND newest NOT IN (SELECT revision FROM untriaged)"
        )
        return wait_until(lambda: self.rows(sql, key, revision), f"{key} in the log", within)[0]

    def alerts(self) -> list[Row]:
        """Every alert with its delivery, in order: kind, contact, headline, reason, channel, state, provider_id, attempts."""
        return self.rows(
            "SELECT a.id, a.kind, a.contact, a.headline, a.reason, d.channel, d.state, d.reason AS why, d.provider_id, d.attempts,"
            " d.possible_repeat FROM alerts a LEFT JOIN deliveries d ON d.alert = a.id ORDER BY a.id, d.id"
        )

    def settled(self, within: float = 30.0) -> list[Row]:
        """Wait until nothing is under way: no post untriaged, no delivery queued; the alerts."""
        sql = (
            "SELECT (SELECT count(*) FROM untriaged) + (SELECT count(*) FROM deliveries"
            " WHERE state IN ('queued', 'sending', 'retry', 'unknown')) AS waiting"
        )
        wait_until(lambda: self.rows(sql) and self.count(sql) == 0, "the queue is empty", within)
        return self.alerts()

    def sound(self) -> None:
        """SQLite finds nothing wrong with the file."""
        assert self.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert self.rows("PRAGMA foreign_key_check") == []
