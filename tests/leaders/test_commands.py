"""The `leaders` commands, with a query service on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result

from monitor.cli.leaders import leaders
from monitor.leaders import load
from monitor.leaders.loading import FILE

ENTITY = "http://www.wikidata.org/entity/"


class Service(BaseHTTPRequestHandler):
    """A query service that knows a new prime minister of Fiji, and everybody else as the registry does."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        body = json.dumps({"results": {"bindings": self.rows(form["query"][0])}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def rows(self, query: str) -> list[dict[str, Any]]:
        if "VALUES ?person" in query:
            return [{"person": {"value": ENTITY + "Q999999999"}, "label": {"xml:lang": "en", "value": "Jane Doe"}}]
        if "P35" not in query:
            return []
        known = [
            (t.country, one.wikidata)
            for one in load()
            for t in one.terms
            if t.office == "head_of_state" and t.status == "current" and one.wikidata
        ]
        known += [(first + last, f"Q88{ord(first)}{ord(last)}") for first in "QXYZ" for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        rows = [(code, "head_of_state", person, "2000-01-01") for code, person in known]
        rows.append(("FJ", "head_of_government", "Q999999999", "2026-11-01"))
        return [
            {
                "code": {"value": code},
                "office": {"value": office},
                "person": {"value": f"{ENTITY}{person}"},
                "start": {"value": f"{start}T00:00:00Z"},
            }
            for code, office, person, start in rows
        ]

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/sparql"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hotline"


def run(*args: str, typed: str = "") -> Result:
    return CliRunner().invoke(leaders, args, input=typed)


@pytest.mark.usefixtures("home")
def test_list_names_who_held_office_that_day() -> None:
    result = run("list", "IN", "--office", "head_of_government", "--on", "2013-01-01", "--json")
    assert result.exit_code == 0, result.output
    (term,) = json.loads(result.stdout)
    assert (term["slug"], term["end"]) == ("manmohan-singh", "2014-05-26")


@pytest.mark.usefixtures("home")
def test_list_shows_a_history() -> None:
    result = run("list", "DE", "--office", "head_of_government", "--history")
    assert result.exit_code == 0, result.output
    assert "Angela Merkel" in result.stdout
    assert "Friedrich Merz" in result.stdout


@pytest.mark.usefixtures("home")
def test_an_unknown_country_is_refused_with_a_hint() -> None:
    result = run("list", "QQ")
    assert result.exit_code == 2
    assert "codes are like IN, EU, AFRICAN_UNION" in result.output


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("text", ["模迪".replace("模", "莫"), "@narendramodi", "narendra-modi", "Моди"])
def test_search_finds_by_script_handle_and_slug(text: str) -> None:
    (found,) = json.loads(run("search", text, "--json").stdout)
    assert found["slug"] == "narendra-modi"


@pytest.mark.usefixtures("home")
def test_search_says_when_nobody_is_found() -> None:
    assert "nobody found" in run("search", "xyzzyx").stdout


@pytest.mark.usefixtures("home")
def test_an_old_registry_is_told_apart_from_the_answer() -> None:
    result = run("list", "IN", "--stale-after", "-99999", "--json")
    assert json.loads(result.stdout)
    assert "leaders refresh" in result.stderr


def test_the_configuration_corrects_the_registry(home: Path) -> None:
    config = '[channels.desk]\ntype = "console"\n[[leader]]\nname = "Jane Doe"\ncountry = "FJ"\noffice = "deputy"\nstart = 2026-11-01\n'
    (home.parent / "config.toml").write_text(config, encoding="utf-8")
    result = run("search", "Jane Doe", "--json")
    assert [one["slug"] for one in json.loads(result.stdout)] == ["jane-doe"], result.output


def test_a_dry_run_shows_the_differences_and_keeps_nothing(home: Path, service: str) -> None:
    result = run("refresh", "--endpoint", service, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Jane Doe" in result.stdout
    assert not (home / FILE).exists()


def test_a_refresh_asks_before_it_applies(home: Path, service: str) -> None:
    assert "Apply?" in run("refresh", "--endpoint", service, typed="n\n").output
    assert not (home / FILE).exists()


def test_an_applied_refresh_is_in_force_the_next_time(home: Path, service: str) -> None:
    result = run("refresh", "--endpoint", service, "--yes", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["applied"]
    assert [(one["country"], one["name"], one["after"]) for one in told["changes"]] == [("FJ", "Jane Doe", ["Sitiveni Rabuka"])]
    assert (home / FILE).exists()
    now = load((), home).resolve("FJ", "head_of_government", date(2026, 11, 22))
    assert now is not None
    assert now.slug == "jane-doe"
    assert json.loads(run("refresh", "--endpoint", service, "--yes", "--json").stdout)["changes"] == []


def test_json_without_yes_changes_nothing(home: Path, service: str) -> None:
    assert json.loads(run("refresh", "--endpoint", service, "--json").stdout)["applied"] is False
    assert not (home / FILE).exists()


def test_a_service_that_is_away_leaves_the_registry_as_it_is(home: Path, service: str) -> None:
    result = run("refresh", "--endpoint", service.replace("/sparql", "") + "1/x", "--yes", "--timeout", "2")
    assert result.exit_code == 1
    assert not (home / FILE).exists()
