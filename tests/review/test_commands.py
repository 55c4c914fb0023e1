"""The desk's commands: review, labels export, export site, tidy; and what they refuse."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import hotline
from monitor.cli.base import PROBLEMS
from monitor.cli.review import is_loopback
from monitor.review.desk import Desk
from monitor.review.site import export_site
from monitor.store import Reading, Store, StoreError, add_act
from tests.review.bed import NOW


def call(*words: str) -> Result:
    return CliRunner().invoke(hotline, list(words))


def configured(folder: Path, text: str) -> str:
    path = folder / "config.toml"
    path.write_text(f'[channels.console]\ntype = "console"\n{text}', "utf-8")
    return str(path)


def test_labels_are_exported_in_the_corpus_format(log: Path, tmp_path: Path) -> None:
    add_act(log, "label", "jsonl:envoy/1", {"verdict": "right", "truth": 1}, "ann", NOW)
    result = call("--config", configured(tmp_path, ""), "labels", "export", str(tmp_path / "out.jsonl"), "--database", str(log))
    assert result.exit_code == 0, result.output
    [row] = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert (row["label"], row["mode"], row["status"], row["lang"]) == (1, "call", "happened", "en")
    assert row["participants"] == ["Donald Trump (US)", "Narendra Modi (IN)"]


def test_a_static_site_has_leaders_pairs_and_plots_whose_links_hold(log: Path, tmp_path: Path) -> None:
    import re

    target = tmp_path / "site"
    result = call("--config", configured(tmp_path, ""), "export", "site", str(target), "--days", "3650", "--database", str(log))
    assert result.exit_code == 0, result.output
    names = {file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()}
    assert {"index.html", "leaders.html", "plots.html", "contacts.atom", "contacts.ics", "leader/narendra-modi.html",
            "pair/donald-trump--narendra-modi.html", "static/desk.css"} <= names  # fmt: skip
    for file in target.rglob("*.html"):
        text = file.read_text("utf-8")
        for link in re.findall(r'(?:href|src)="([^"#]+)"', text):
            if not link.startswith("https://example.org/"):
                assert (file.parent / link).resolve().is_file(), (file, link)
        for own in ("csrftoken", "attempt", "judged", "alert in"):
            assert own not in text, (file, own)


def test_a_site_is_written_over_itself_and_over_nothing_else(log: Path, tmp_path: Path) -> None:
    desk = Desk(log, lambda: NOW)
    assert export_site(desk, tmp_path / "site", 90) == export_site(desk, tmp_path / "site", 90)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(StoreError, match="holds other files"):
        export_site(desk, tmp_path / "mine", 90)
    with pytest.raises(StoreError, match="is no folder"):
        export_site(desk, log, 90)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example"])
def test_others_cannot_reach_a_desk_without_a_password(host: str, log: Path, tmp_path: Path) -> None:
    result = call("--config", configured(tmp_path, ""), "review", "--host", host, "--database", str(log))
    assert isinstance(result.exception, PROBLEMS)
    assert "set [review] password" in str(result.exception)


def test_an_address_in_use_is_said_so(log: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = call("--config", configured(tmp_path, ""), "review", "--port", str(taken.getsockname()[1]), "--database", str(log))
    assert isinstance(result.exception, PROBLEMS)
    assert "cannot listen there" in str(result.exception)


def test_a_password_that_is_not_set_is_named(log: Path, tmp_path: Path) -> None:
    config = configured(tmp_path, '[review]\npassword = { env = "NO_SUCH_VARIABLE" }\n')
    result = call("--config", config, "review", "--port", "0", "--database", str(log))
    assert isinstance(result.exception, PROBLEMS)
    assert "NO_SUCH_VARIABLE" in str(result.exception)


def test_this_machine_is_told_from_others() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "127.8.8.8", "0.0.0.0", "example.org")] == [True, True, True, True, False, False]


def test_tidy_says_what_it_removed(log: Path, tmp_path: Path) -> None:
    config = configured(tmp_path, f'[database]\npath = "{log}"\n[retention]\nunflagged = "0s"\nraw = "0s"\n')
    result = call("--config", config, "tidy", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["unflagged"] == 3
    with Reading(log) as reading:
        assert [row["text"] for row in reading.posts() if not row["flagged"]] == [None] * 3
    assert "nothing was too old" in call("--config", config, "tidy").output


async def test_a_tidied_log_is_shown_and_says_that_its_text_is_gone(log: Path, tmp_path: Path, open_client: object) -> None:
    config = configured(tmp_path, f'[database]\npath = "{log}"\n[retention]\nunflagged = "0s"\nflagged = "0s"\n')
    assert (await asyncio.to_thread(call, "--config", config, "tidy")).exit_code == 0
    client = await open_client(log)  # type: ignore[operator]
    for address in ("/", "/judge", "/judge?queue=random", "/search", "/contacts", "/plots", "/contacts.atom", "/labels.jsonl"):
        assert (await client.get(address)).status_code == 200, address
    shown = (await client.get("/post", params={"key": "jsonl:envoy/1"})).text
    assert "The text was removed on" in shown
    await (await Store.open(log, run="again", clock=lambda: NOW)).close()
