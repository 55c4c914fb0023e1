"""The project's own promises: the commands that the README names, what goes into the package, what CI runs."""

from __future__ import annotations

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("target", ["run", "demo", "test"])
def test_the_readme_names_the_command_and_make_knows_it(target: str) -> None:
    assert f"make {target}" in (ROOT / "README.md").read_text("utf-8")
    planned = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert planned.returncode == 0, planned.stderr


def test_ci_runs_the_readmes_test_command_and_lets_nothing_be_skipped() -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    assert re.search(r"^phase \"make test\" make test$", script, re.MULTILINE)
    assert re.search(r"^phase .* HOTLINE_REAL=all make test-real$", script, re.MULTILINE)
    assert "set -euo pipefail" in script


def test_every_data_file_of_the_package_goes_into_the_wheel() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    left_out = []
    for path in sorted((ROOT / "monitor").rglob("*")):
        if not path.is_file() or path.suffix in (".py", ".pyc") or path.name.startswith("."):
            continue
        if not any(fnmatch(path.name, pattern.removeprefix("**/")) for pattern in patterns):
            left_out.append(f"{path.relative_to(ROOT)}: no pattern of package-data in pyproject.toml takes it along")
    assert not left_out, "\n".join(left_out)


def test_every_folder_with_code_is_a_package() -> None:
    bare = {path.parent for path in (ROOT / "monitor").rglob("*.py") if not (path.parent / "__init__.py").exists()}
    assert not bare, f"without __init__.py, so left out of the wheel: {sorted(str(path.relative_to(ROOT)) for path in bare)}"


def test_the_console_script_is_the_same_as_the_entry_file() -> None:
    module, name = PROJECT["project"]["scripts"]["hotline"].split(":")
    assert f"from {module} import {name}" in (ROOT / "bot.py").read_text("utf-8")


@pytest.mark.parametrize(("lock", "extras"), [("run.lock", False), ("dev.lock", True)])
def test_every_dependency_is_locked(lock: str, extras: bool) -> None:
    wanted = list(PROJECT["project"]["dependencies"])
    for extra in PROJECT["project"]["optional-dependencies"].values() if extras else ():
        wanted.extend(extra)
    names = {re.split(r"[<>=~!\[; ]", line)[0] for line in wanted}
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==", (ROOT / "requirements" / lock).read_text("utf-8"), re.MULTILINE))
    assert not names - pinned, f"not in requirements/{lock}: {sorted(names - pinned)}; make lock"
