"""Reading data files, and data refreshed into the user's folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.leaders import load
from monitor.leaders.loading import FILE, day, read


def _folder(tmp_path: Path, as_of: str, *rows: dict[str, Any]) -> Path:
    text = "\n".join(json.dumps(row) for row in ({"as_of": as_of}, *rows))
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    return tmp_path


MODI = {
    "slug": "narendra-modi",
    "name": "Narendra Modi",
    "aliases": ["Namo"],
    "terms": [["IN", "head_of_government", "PM", "2014-05-26", "2026-12-01"]],
}
NEW = {
    "slug": "jane-doe",
    "name": "Jane Doe",
    "terms": [["IN", "head_of_government", "Prime Minister", "2026-12-01", None, "current"]],
}


def test_refreshed_terms_replace_shipped_ones_and_names_are_kept(tmp_path: Path) -> None:
    registry = load((), _folder(tmp_path, "2026-12-02", MODI, NEW))
    assert registry.as_of == date(2026, 12, 2)
    assert registry.term("narendra-modi", date(2026, 12, 1)) is None
    now = registry.resolve("IN", "head_of_government", date(2026, 12, 1))
    assert now is not None
    assert now.slug == "jane-doe"
    assert registry.by_name("Modi") == registry.by_name("Namo") == ("narendra-modi",)


def test_a_refresh_older_than_the_package_is_left_aside(tmp_path: Path) -> None:
    registry = load((), _folder(tmp_path, "2020-01-01", NEW))
    assert "jane-doe" not in registry


def test_an_empty_folder_changes_nothing(tmp_path: Path) -> None:
    assert len(load((), tmp_path)) == len(load())


@pytest.mark.parametrize("line", ["{", '{"slug": "a"}', '{"slug": "a", "name": "A", "terms": [["IN"]]}', "[]", '{"slug": "a", "name": "A", "terms": [["IN", "deputy", "", "2020-13-01", null]]}'])  # fmt: skip
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / FILE
    path.write_text('{"as_of": "2026-01-01"}\n' + line, encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read(path)


def test_a_file_without_its_day_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(json.dumps(NEW), encoding="utf-8")
    with pytest.raises(ValueError, match="as_of"):
        read(path)


def test_a_day_may_be_as_vague_as_its_source() -> None:
    assert day("2020") == date(2020, 1, 1)
    assert day("2020-07") == date(2020, 7, 1)
    assert day("2020-07-14") == date(2020, 7, 14)
    assert day(None) is None
