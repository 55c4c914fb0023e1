"""A desk that has seen a first word and a confirmation, and a way to call its command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import hotline
from monitor.cli.base import PROBLEMS

CONFIG = """
[desk]
signing_key = { env = "SIGNING" }
[limits]
alert_age = "9000d"
[sources.jsonl]
path = "FOLDER/posts.jsonl"
[channels.console]
type = "console"
[[account]]
source = "jsonl"
handle = "envoy"
country = "US"
kind = "mission"
office = "ambassador"
[[account]]
source = "jsonl"
handle = "india"
country = "IN"
kind = "leader"
office = "head_of_government"
"""
POSTS = [
    {"id": "1", "account": "envoy", "text": "Just now President Trump and Prime Minister Modi spoke by phone.", "created_at": "2026-05-02T10:00:00Z"},
    {"id": "2", "account": "envoy", "text": "\x1b[2JOur visa \u202esection is closed [bold]on Monday[/].", "created_at": "2026-05-02T10:01:00Z"},
    {"id": "3", "account": "india", "text": "Had a warm phone call with President Trump.", "created_at": "2026-05-02T10:05:00Z"},
]



@dataclass(frozen=True)
class Ran:
    """What a command came to, as the shell would see it."""

    exit_code: int
    stdout: str
    stderr: str


Call = Callable[..., Ran]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("log", "posts")` in a folder with a config.toml, as `main` would run it."""
    (tmp_path / "config.toml").write_text(CONFIG.replace("FOLDER", str(tmp_path)), "utf-8")
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(post) + "\n" for post in POSTS), "utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in {"SIGNING": "a key of the tests", "COLUMNS": "200", "XDG_CONFIG_HOME": str(tmp_path / "xdg"), "XDG_DATA_HOME": str(tmp_path / "data")}.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, given: str | bytes | None = None) -> Ran:
        result = CliRunner().invoke(hotline, list(words), input=given)
        if isinstance(result.exception, PROBLEMS):
            return Ran(2, result.stdout, str(result.exception))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def desk(call: Call) -> Call:
    """The same, with the posts read, matched and alerted."""
    result = call("once")
    assert result.exit_code == 0, result.stderr
    return call


def rows(result: Ran) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]
