"""The threat model is held by tests that exist, and what no other suite looks at is looked at here."""

from __future__ import annotations

import os
import re
from pathlib import Path

from monitor.config import load
from monitor.store import Store
from monitor.store.backup import rotated
from tests.faults.bed import Hand

ROOT = Path(__file__).resolve().parent.parent
NAMED = sorted(set(re.findall(r"`(test_\w+)`", (ROOT / "docs/security.md").read_text("utf-8"))))


def written() -> set[str]:
    return {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))}


def test_every_test_that_the_threat_model_names_exists() -> None:
    assert len(NAMED) > 30
    assert not set(NAMED) - written()


def test_every_row_of_the_threat_model_names_a_test() -> None:
    rows = [line for line in (ROOT / "docs/security.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    bare = [row for row in rows if "`test_" not in row and not row.startswith(("| threat |", "|---"))]
    assert not bare


async def test_the_log_and_everything_beside_it_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)  # the most careless of systems
    try:
        store = await Store.open(tmp_path / "log.db", run="r", clock=Hand())
        await store.set_meta("a", "b", Hand()())
        rotated(tmp_path / "log.db", tmp_path / "backups", 3, Hand()())
        open_to = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o077 for path in tmp_path.rglob("*") if path.is_file()}
        await store.close()
    finally:
        os.umask(before)
    assert {"log.db", "log.db-wal", "log.db.lock"} <= set(open_to)
    assert not any(open_to.values()), open_to


def test_the_container_runs_as_nobody_in_particular_on_a_read_only_root() -> None:
    image, compose = ((ROOT / "deploy" / name).read_text("utf-8") for name in ("Containerfile", "compose.yaml"))
    users = re.findall(r"^USER (\S+)", image, re.MULTILINE)
    assert users
    assert users[-1].isdigit()
    assert int(users[-1]) >= 1000
    assert "--require-hashes" in image
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
        assert line in compose


def test_health_is_served_nowhere_unless_it_is_asked_for() -> None:
    config = load('[[account]]\nsource = "jsonl"\nhandle = "x"\n[channels.a]\ntype = "console"\n')
    assert config.health.listen is None
    assert config.health.ping is None
