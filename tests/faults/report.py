"""Runs the fault suites and writes what they counted as a table into docs/reliability.md: `python tests/faults/report.py [--keep]`.

With `--keep FILE` the counts of that file are taken instead of a new run; give it several times. Suites that need real servers are
counted where these are installed.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- begin: counted by the suites -->", "<!-- end -->"
HEAD = "| fault | times injected | alerts due | lost | doubled | repeats, marked as such | recovery, worst |\n|---|---:|---:|---:|---:|---:|---:|"


def counts(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of counts, the newest of each fault."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return list({row["fault"]: row for row in rows}.values())


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown, in the order in which the suites ran."""
    lines = [HEAD]
    for row in rows:
        recovery = "" if row["recovery"] is None else f"{row['recovery']:.1f} s"
        lines.append(f"| {row['fault']} | {row['injected']} | {row['alerts']} | {row['lost']} | {row['doubled']} | {row['marked']} | {recovery} |")
    return "\n".join(lines)


def placed(page: str, rows: str) -> str:
    """The page with the table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{rows}\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    kept = [Path(name) for flag, name in itertools.pairwise(arguments) if flag == "--keep"]
    if kept:
        rows = [row for path in kept for row in counts(path)]
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "counts.jsonl"
            environ = {**os.environ, "HOTLINE_FAULTS": str(path)}
            for suite in (["tests/faults", "tests/soak"], ["-m", "real", "tests/real/test_kill.py"]):
                done = subprocess.run([sys.executable, "-m", "pytest", "-q", *suite], cwd=ROOT, env=environ, check=False)
                if done.returncode:
                    return done.returncode
            rows = counts(path)
    PAGE.write_text(placed(PAGE.read_text("utf-8"), table(rows)), "utf-8")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
