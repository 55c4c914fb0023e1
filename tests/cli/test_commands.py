"""The other commands: checking, matching, what people decide, bringing in, replaying."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.cli import COMMANDS
from monitor.cli.accounts import from_csv, from_opml
from monitor.cli.check import config_schema
from monitor.config import ConfigError
from tests.cli.conftest import Call, rows


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(call: Call, command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 3


def test_a_good_configuration_is_called_good(call: Call) -> None:
    assert "good" in call("check").stdout
    assert json.loads(call("check", "--json").stdout)["accounts"] == 2


def test_check_online_looks_at_accounts_and_channels_without_posting(call: Call) -> None:
    answer = json.loads(call("check", "--online", "--json").stdout)
    assert [row["fine"] for row in answer["online"]["accounts"]] == [True, True]
    assert answer["online"]["channels"][0]["channel"] == "console"


def test_a_bad_configuration_names_every_problem_wherever_it_belongs(call: Call, tmp_path: Path) -> None:
    text = (tmp_path / "config.toml").read_text("utf-8")
    text = text.replace('type = "console"', 'type = "console"\nformt = "json"').replace('handle = "envoy"', 'handle = "envoy"\npth = "x"')
    (tmp_path / "config.toml").write_text(text + '[[account]]\nsource = "blusky"\nhandle = "z"\n', "utf-8")
    result = call("check")
    assert result.exit_code == 2
    assert 'channels.console.formt: unknown key; did you mean "format"?' in result.stderr
    assert 'account[1].pth: unknown key; did you mean "path"?' in result.stderr
    assert 'account[3].source: "blusky": no such source; did you mean "bluesky"?' in result.stderr


def test_a_missing_secret_is_named_before_anything_starts(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNING")
    result = call("check")
    assert result.exit_code == 2
    assert "environment variable SIGNING is not set" in result.stderr


def test_no_configuration_says_where_it_was_looked_for(call: Call, tmp_path: Path) -> None:
    (tmp_path / "config.toml").unlink()
    result = call("check")
    assert result.exit_code == 2
    assert "config.toml" in result.stderr
    assert "--config" in result.stderr


def test_the_schema_knows_the_keys_of_parts() -> None:
    schema = config_schema()
    kinds = schema["properties"]["channels"]["additionalProperties"]["oneOf"]
    console = next(kind for kind in kinds if kind["properties"]["type"]["const"] == "console")
    assert {"format", "fallback"} <= set(console["properties"])
    assert "appview" in schema["properties"]["sources"]["properties"]["bluesky"]["properties"]


def test_match_explains_a_text(call: Call) -> None:
    shown = call("match", "Had a great call with President Macron", "--account", "india").stdout
    assert "announces a contact" in shown
    assert "Emmanuel Macron (FR)" in shown
    assert "Narendra Modi (IN)" in shown


def test_match_takes_a_country_and_office_for_a_holder(call: Call) -> None:
    found = json.loads(call("match", "Had a great call with President Macron", "--account", "IN/head_of_government", "--at", "2026-05-02", "--json").stdout)
    assert found["flagged"]
    assert {p["country"] for p in found["participants"]} == {"FR", "IN"}


def test_match_reads_lines_and_a_bad_one_costs_only_itself(call: Call) -> None:
    good = json.dumps({"id": "a", "text": "Nothing of note.", "account": "x", "date": "2026-05-02T10:00:00Z"})
    found = rows(call("match", "--jsonl", given=f"{good}\nnot json\n{good}\n"))
    assert [row.get("flagged") for row in found] == [False, None, False]
    assert found[1]["line"] == 2


def test_match_without_a_text_says_how(call: Call) -> None:
    assert call("match").exit_code == 2


def test_an_unknown_account_is_refused_with_a_remedy(call: Call) -> None:
    result = call("match", "x", "--account", "nobody")
    assert result.exit_code == 2
    assert "COUNTRY/office" in result.stderr


def test_a_silence_is_noted_listed_and_ended(desk: Call) -> None:
    noted = json.loads(desk("silence", "pair", "US", "IN", "--for", "2h", "--why", "summit week", "--json").stdout)
    standing = json.loads(desk("silence", "list", "--json").stdout)
    assert [(s["kind"], s["values"], s["why"]) for s in standing] == [("pair", ["US", "IN"], "summit week")]
    assert desk("silence", "end", str(noted["act"])).exit_code == 0
    assert json.loads(desk("silence", "list", "--json").stdout) == []


def test_a_retraction_is_told_at_the_next_pass(desk: Call) -> None:
    contact = rows(desk("log", "--json"))[0]["contact"]
    assert "noted as act" in desk("retract", contact, "--why", "a mistake").stdout
    assert desk("once").exit_code == 0
    assert rows(desk("log", "alerts", "--kind", "retracted", "--json"))[0]["contact"] == contact


def test_an_alert_is_proven_ours_and_a_forged_one_is_not(desk: Call) -> None:
    alert = json.loads(desk("show", rows(desk("log", "--json"))[0]["contact"], "--json").stdout)["alerts"][0]
    shown = alert["message"]["id"]
    assert json.loads(desk("verify", shown, "--json").stdout)["ours"] is True
    forged = desk("verify", shown[:-1] + ("0" if shown[-1] != "0" else "1"))
    assert forged.exit_code == 1
    assert "not ours" in forged.stdout


def test_contacts_from_elsewhere_are_imported_once(desk: Call, tmp_path: Path) -> None:
    table = tmp_path / "past.csv"
    table.write_text("date,parties,mode\n2026-03-02,Narendra Modi (IN); Emmanuel Macron (FR),call\n", "utf-8")
    assert json.loads(desk("import", "contacts", str(table), "--json").stdout) == {"read": 1, "written": 1}
    assert json.loads(desk("import", "contacts", str(table), "--json").stdout) == {"read": 1, "written": 0}
    assert rows(desk("log", "--country", "FR", "--json"))[0]["mode"] == "call"


@pytest.mark.parametrize(
    ("text", "says"),
    [("date,who\n", "the header needs"), ("date,parties\nsoon,A (FR); B (DE)\n", "line 2, date"), ("date,parties\n2026-01-01,A (FR)\n", "line 2, parties"),
     ("date,parties,mode\n2026-01-01,A (FR); B (DE),ring\n", "line 2, mode"), ("[1]", "entry 1"), ("[", "is not JSON")],
)  # fmt: skip
def test_a_wrong_line_of_an_import_is_named(desk: Call, tmp_path: Path, text: str, says: str) -> None:
    table = tmp_path / "past.csv"
    table.write_text(text, "utf-8")
    result = desk("import", "contacts", str(table))
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_replay_of_the_same_matcher_changes_nothing(desk: Call) -> None:
    assert "0 newly flagged, 0 no longer flagged, 0 changed" in desk("replay").stdout


def test_channels_say_what_they_promise_and_can_be_tested(desk: Call) -> None:
    assert "at least once" in desk("channels").stdout
    assert "Test alert" in desk("channels", "test", "console").stdout
    assert 'did you mean "console"' in desk("channels", "test", "consol").stderr


def test_the_directory_offers_accounts_ready_to_paste(call: Call) -> None:
    shown = call("accounts", "find", "US").stdout
    assert "[[account]]" in shown
    assert "(unverified)" in shown


def test_feeds_are_read_from_opml_without_expanding_anything() -> None:
    opml = '<opml><body><outline text="a &amp; b" xmlUrl="https://a.example/feed?x=1&amp;y=2"/><outline text="folder"/></body></opml>'
    assert from_opml(opml) == [{"source": "feed", "handle": "https://a.example/feed?x=1&y=2"}]


def test_accounts_are_read_from_csv_and_a_gap_is_named() -> None:
    assert from_csv("source,handle,country\nbluesky,a.test,FR\n") == [{"source": "bluesky", "handle": "a.test", "country": "FR"}]
    with pytest.raises(ConfigError, match="line 3"):
        from_csv("source,handle\nbluesky,a.test\nbluesky,\n")
    with pytest.raises(ConfigError, match="the header needs handle and source"):
        from_csv("name\nx\n")


def test_a_backup_is_made_checked_and_rotated(desk: Call, tmp_path: Path) -> None:
    made = Path(json.loads(desk("backup", "--keep", "1", "--json").stdout)["backup"])
    assert made.exists()
    assert rows(desk("log", "--database", str(made), "--json"))
    (tmp_path / "backups" / "hotline-20200101T000000Z.db").write_bytes(b"old")
    desk("backup", "--keep", "1")
    assert [p.name for p in (tmp_path / "backups").iterdir() if p.name.startswith("hotline-2020")] == []


def test_a_damaged_log_is_recovered_from_its_backup(desk: Call, tmp_path: Path) -> None:
    desk("backup")
    (tmp_path / "hotline.db").write_bytes(b"no database" * 1000)
    assert desk("log").exit_code == 2
    assert "damaged file is" in desk("recover").stdout
    assert len(rows(desk("log", "--json"))) == 1


def test_the_doctor_names_what_is_wrong_and_what_to_do(desk: Call) -> None:
    result = desk("doctor", "--json")
    assert result.exit_code == 1
    wrong = {f["what"]: f["says"] for f in json.loads(result.stdout) if not f["fine"]}
    assert "start it with `run`" in wrong["daemon"]
    (Path("config.toml")).chmod(0o666)
    assert "chmod go-w" in next(f["says"] for f in json.loads(desk("doctor", "--json").stdout) if f["what"] == "modes")


def test_the_doctor_tells_a_broken_configuration_line_by_line(call: Call) -> None:
    Path("config.toml").write_text("[desk]\nnam = 1\n", "utf-8")
    result = call("doctor", "--json")
    assert result.exit_code == 1
    assert any("did you mean" in f["says"] for f in json.loads(result.stdout))


def test_init_writes_a_configuration_that_is_right_and_private(call: Call, tmp_path: Path) -> None:
    result = call("init", "--to", "fresh.toml", "--countries", "US,EU", "--channel", "console", "--timezone", "Europe/Paris")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "fresh.toml").stat().st_mode & 0o777 == 0o600
    assert call("--config", "fresh.toml", "check").exit_code == 0
    assert "is there already" in call("init", "--to", "fresh.toml", "--countries", "US", "--channel", "console", "--timezone", "UTC").stderr


def test_init_asks_for_what_it_is_not_given(call: Call) -> None:
    assert call("init", "--to", "asked.toml", given="US\nslack\nUTC\n").exit_code == 0
    assert 'url = { env = "SLACK_WEBHOOK" }' in Path("asked.toml").read_text("utf-8")
    assert "no official accounts known" in call("init", "--to", "b.toml", "--countries", "XX", "--channel", "console", "--timezone", "UTC").stderr


def test_every_type_of_channel_says_what_it_promises(call: Call, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[channels.a]\ntype = "slack"\nurl = { env = "X" }\n[channels.b]\ntype = "slack"\ntoken = { env = "X" }\nchannel = "C1"\n'
        '[channels.c]\ntype = "discord"\nurl = { env = "X" }\n[channels.d]\ntype = "matrix"\nhomeserver = "https://m.example"\nroom = "!a:m"\n'
        'token = { env = "X" }\n[channels.e]\ntype = "mattermost"\nurl = { env = "X" }\n',
        "utf-8",
    )
    promises = {row["channel"]: row["guarantee"] for row in json.loads(call("channels", "--json").stdout)}
    assert promises["a"] != promises["b"]
    assert "exactly once" in promises["d"]
    assert all(promises.values())
