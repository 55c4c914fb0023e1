"""Reading the log on the terminal: lists, filters, the story of a contact, figures."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Call, rows


def contact(desk: Call) -> str:
    return str(rows(desk("log", "--json"))[0]["contact"])


def test_the_log_lists_contacts_by_default(desk: Call) -> None:
    shown = desk("log").stdout
    assert "Donald Trump (US) – Narendra Modi (IN)" in shown
    assert "happened" in shown


def test_filters_narrow_the_log(desk: Call) -> None:
    assert len(rows(desk("log", "--country", "IN", "--json"))) == 1
    assert desk("log", "--country", "FR").stdout == "no contacts in the log match\n"
    assert len(rows(desk("log", "posts", "--not-flagged", "--json"))) == 1
    assert [row["kind"] for row in rows(desk("log", "alerts", "--kind", "confirmed", "--json"))] == ["confirmed"]
    assert len(rows(desk("log", "attempts", "--result", "sent", "--json"))) == 2


def test_a_filter_that_a_list_does_not_know_is_named(desk: Call) -> None:
    result = desk("log", "contacts", "--result", "sent")
    assert result.exit_code == 2


def test_since_takes_days_times_and_ages(desk: Call) -> None:
    for since in ("2026-01-01", "2026-05-02T00:00Z", "36h", "30d"):
        assert desk("log", "--since", since).exit_code == 0
    assert desk("log", "--since", "whenever").exit_code == 2


def test_csv_has_a_header_and_no_formula(desk: Call) -> None:
    table = list(csv.DictReader(io.StringIO(desk("log", "posts", "--csv").stdout)))
    assert len(table) == 3
    assert {"post", "account", "text"} <= set(table[0])


def test_csv_cells_that_a_spreadsheet_would_run_are_text() -> None:
    from monitor.cli.log import _inert

    assert [_inert(cell) for cell in ("=1+1", "+1", "@x", "-2", "plain", 3)] == ["'=1+1", "'+1", "'@x", "'-2", "plain", 3]


def test_post_text_steers_no_terminal_and_formats_nothing(desk: Call) -> None:
    shown = desk("log", "posts", "--not-flagged").stdout
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
    assert "[bold]on Monday[/]" in shown


def test_show_tells_the_story_in_order(desk: Call) -> None:
    shown = desk("show", contact(desk)).stdout
    for post, alert in (("envoy announces", "alert 1 new"), ("india confirms", "alert 2 confirmed")):
        assert shown.index(post) < shown.index(alert)
    assert "attempt 1" in shown


def test_show_takes_the_start_of_an_id_and_answers_in_json(desk: Call) -> None:
    whole = contact(desk)
    story = json.loads(desk("show", whole[:4], "--json").stdout)
    assert story["contact"] == whole
    assert [post["relation"] for post in story["posts"]] == ["announces", "confirms"]


def test_an_unknown_contact_is_said_so(desk: Call) -> None:
    result = desk("show", "nosuch-thing")
    assert result.exit_code == 2
    assert "There is no contact" in result.stderr


def test_stats_draw_lines_and_count_pairs(desk: Call) -> None:
    shown = desk("stats").stdout
    assert "Who talks to whom" in shown
    figures = json.loads(desk("stats", "--json").stdout)
    assert sum(day["posts"] for day in figures["days"]) == 3
    assert figures["pairs"][0]["contacts"] == 1


def test_status_says_that_nobody_runs(desk: Call) -> None:
    result = desk("status")
    assert result.exit_code == 1
    assert "not running" in result.stdout


def test_a_log_that_is_not_there_is_named_with_a_remedy(call: Call) -> None:
    result = call("log")
    assert result.exit_code == 2
    assert "There is no database" in result.stderr


@pytest.mark.parametrize("words", [("log",), ("log", "posts"), ("log", "alerts"), ("log", "attempts"), ("stats",), ("accounts",), ("channels",)])
def test_lists_have_json(desk: Call, words: tuple[str, ...]) -> None:
    result = desk(*words, "--json")
    assert result.exit_code == 0
    for line in result.stdout.splitlines():
        json.loads(line)
