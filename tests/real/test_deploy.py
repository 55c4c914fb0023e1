"""What is shipped for operators is right by the tools that will read it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.real.beds import ROOT, program

DEPLOY = ROOT / "deploy"
EXPOSURE = 2.0
"""What `systemd-analyze security` may at most say of the unit; below 2 it calls a service OK."""


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_prometheus_reads_the_alert_rules_and_they_name_our_figures() -> None:
    program("promtool")
    assert "SUCCESS" in run("promtool", "check", "rules", str(DEPLOY / "prometheus-rules.yml"))


def test_the_unit_leaves_little_to_attack() -> None:
    program("systemd-analyze")
    shown = run("systemd-analyze", "--offline=yes", "security", "--no-pager", str(DEPLOY / "hotline.service"))
    exposure = re.search(r"Overall exposure level for hotline.service: ([\d.]+)", shown)
    assert exposure is not None, shown
    assert float(exposure[1]) <= EXPOSURE


def test_rules_ask_only_for_figures_that_are_served() -> None:
    from monitor.daemon.meter import Meter

    served = set(re.findall(r"^# TYPE (\w+)", Meter().text().decode(), re.MULTILINE))
    asked = set(re.findall(r"\bhotline_\w+", Path(DEPLOY / "prometheus-rules.yml").read_text("utf-8")))
    base = {name.removesuffix("_bucket") for name in asked}
    assert base <= served | {name.removesuffix("_total") for name in served}, base - served
