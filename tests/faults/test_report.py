"""The table of docs/reliability.md is what the suites counted, in the form that the page is read in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.report import BEGIN, END, PAGE, counts, placed, table
from tests.faults.tally import Tally, record


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_FAULTS", str(tmp_path / "counts"))
    return tmp_path / "counts"


def test_what_is_counted_becomes_a_row_and_the_newest_count_holds(kept: Path) -> None:
    record(Tally("a fault", 2, 4, 0, 0))
    record(Tally("a fault", 3, 6, 0, 0, 1, 0.25))
    assert table(counts(kept)).splitlines()[2:] == ["| a fault | 3 | 6 | 0 | 0 | 1 | 0.2 s |"]


@pytest.mark.parametrize(("tally", "says"), [(Tally("x", 1, 2, 1, 0), "lost"), (Tally("x", 1, 2, 0, 1), "doubled"), (Tally("x", 0, 2, 0, 0), "nothing was")])
def test_a_lost_or_doubled_alert_or_a_fault_that_was_none_fails_its_test(kept: Path, tally: Tally, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        record(tally)
    assert json.loads(kept.read_text())["fault"] == "x", "and stands in the counts all the same"


def test_the_table_takes_the_place_of_the_one_before() -> None:
    page = placed(placed(f"a\n{BEGIN}\n{END}\nb\n", "| one |"), "| two |")
    assert page == f"a\n{BEGIN}\n| two |\n{END}\nb\n"


def test_the_page_holds_a_table_without_losses() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    assert all((row[3], row[4]) == ("0", "0") for row in rows)
