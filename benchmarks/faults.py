"""Four faults, the same for Hotline, Prometheus Alertmanager and apprise: what is lost, what comes twice, who asks too early.

    python benchmarks/faults.py [--alerts 5] [--json FILE]

| kill     | the far side has accepted the message, the sender is killed (SIGKILL) before it hears so, and started again |
| 429      | the far side answers 429 with `Retry-After: 3`, once |
| 404      | the far side answers 404 for three seconds; then somebody puts it right (and resumes the channel, where there is one) |
| restart  | the far side is down (503); the sender is killed while alerts wait; the far side comes back; it is started again |

Each tool is used as its documents say. Alertmanager keeps alerts in memory and relies on its client (Prometheus) to post
them again, so the client here posts every alert again after a restart. apprise is a command without a queue: its caller runs it
again where it did not end well. Every figure printed was measured in this run. Alertmanager needs `prometheus-alertmanager` on the PATH.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.faults.bed import ACCOUNT, SAYS, claim, say, secrets
from tests.real import alertmanager
from tests.real.beds import ROOT, wait_until
from tests.real.daemon import Daemon
from tests.real.receiver import Answer, Receiver, Request

WAIT = 3
PAIRS = [(a, b) for a in SAYS for b in SAYS if a < b]


def word(number: int) -> str:
    """What every tool's message of this alert holds."""
    return f"alertnumber{number}"


class Tool(Protocol):
    """A sender under test."""

    name: str

    def start(self) -> None: ...
    def tell(self, number: int) -> None: ...
    def kill(self) -> None: ...
    def again(self, number: int) -> None: ...  # what its documents want its user to do after a crash
    def mended(self) -> None: ...  # what its user does once the far side is put right


class Hotline:
    name = "Hotline (Mattermost channel, which has no idempotency)"

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        secrets(folder, url)
        accounts = "".join(ACCOUNT.format(handle=c.lower(), folder=folder, country=c, kind=SAYS[c][0], office=SAYS[c][1]) for c in SAYS)
        channel = f'[channels.desk]\ntype = "mattermost"\nurl = {{ file = "{folder}/keyless" }}\nallow_private = ["127.0.0.0/8"]\n'
        for country in SAYS:
            (folder / f"{country.lower()}.jsonl").touch()
        (folder / "config.toml").write_text(channel + accounts, "utf-8")
        (folder / "config.toml").chmod(0o600)
        self.daemon = Daemon(folder / "config.toml")

    def start(self) -> None:
        self.daemon.start()

    def tell(self, number: int) -> None:
        say(self.folder, claim(*PAIRS[number], datetime.now(UTC), more=f" Reference {word(number)}."))

    def kill(self) -> None:
        self.daemon.kill()

    def again(self, number: int) -> None:
        """Nothing: what was posted is in the log."""

    def mended(self) -> None:
        command = [sys.executable, str(ROOT / "bot.py"), "--config", str(self.folder / "config.toml"), "channels", "resume", "desk"]
        subprocess.run(command, check=True, capture_output=True)


class Alertmanager:
    name = "Prometheus Alertmanager (client posts again)"

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self._stack = contextlib.ExitStack()
        self.api = ""
        self.told: list[int] = []

    def start(self) -> None:
        self._stack = contextlib.ExitStack()
        self.api = self._stack.enter_context(alertmanager.running(self.folder, forward_to=f"{self.url}/hook")).url

    def tell(self, number: int) -> None:
        labels = {"alertname": word(number)}
        assert httpx.post(f"{self.api}/api/v2/alerts", json=[{"labels": labels}], trust_env=False).status_code == 200

    def kill(self) -> None:
        found = subprocess.run(["pgrep", "-f", f"storage.path={self.folder}"], capture_output=True, text=True, check=True).stdout.split()
        for process in found:
            subprocess.run(["kill", "-9", process], check=True)
        with contextlib.suppress(Exception):
            self._stack.close()

    def again(self, number: int) -> None:
        self.tell(number)

    def mended(self) -> None:
        """Nothing: it tries again by itself where it does."""


class Apprise:
    name = "apprise (caller runs it again)"

    def __init__(self, _: Path, url: str) -> None:
        self.url = url.replace("http://", "json://")
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """There is nothing to start."""

    def tell(self, number: int) -> None:
        code = "import sys; from apprise.cli import main; main()"
        self._running[number] = subprocess.Popen([sys.executable, "-c", code, "-b", word(number), f"{self.url}/hook"], stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait(10)

    def again(self, number: int) -> None:
        if self._running[number].returncode != 0:
            self.tell(number)

    def mended(self) -> None:
        """Nothing: the command has ended."""


TOOLS: tuple[Callable[[Path, str], Tool], ...] = (Hotline, Alertmanager, Apprise)


@dataclass(frozen=True, slots=True)
class Result:
    tool: str
    fault: str
    alerts: int
    lost: int
    doubled: int  # accepted once more, without a mark
    marked: int  # accepted once more, and marked as a possible repeat
    early: int  # asked again within Retry-After


def about(requests: list[Request], number: int) -> list[Request]:
    return [request for request in requests if word(number).encode() in request.body]


def killed(tool: Tool, far: Receiver, alerts: int) -> None:
    for number in range(alerts):
        far.then(Answer(body=b"ok", delay=WAIT))
        tool.tell(number)
        wait_until(lambda number=number: about(far.requests, number), f"{word(number)} at the far side", 30)  # type: ignore[misc]
        tool.kill()
        tool.start()
        tool.again(number)
        time.sleep(WAIT)  # so that the next answer held back is the next alert's


def limited(tool: Tool, far: Receiver, alerts: int) -> None:
    for number in range(alerts):
        far.then(Answer(status=429, headers={"Retry-After": str(WAIT)}))
        tool.tell(number)
        wait_until(lambda number=number: about(far.requests, number), f"{word(number)} at the far side", 30)  # type: ignore[misc]
        time.sleep(WAIT + 1.5)


def gone(tool: Tool, far: Receiver, alerts: int) -> None:
    far.otherwise = Answer(status=404)
    for number in range(alerts):
        tool.tell(number)
    wait_until(lambda: far.requests, "the far side asked", 30)
    time.sleep(WAIT)
    far.otherwise = Answer(body=b"ok")
    tool.mended()


def restarted(tool: Tool, far: Receiver, alerts: int) -> None:
    far.otherwise = Answer(status=503)
    for number in range(alerts):
        tool.tell(number)
    wait_until(lambda: far.requests, "the far side asked", 30)
    time.sleep(1)
    tool.kill()
    far.otherwise = Answer(body=b"ok")
    tool.start()
    for number in range(alerts):
        tool.again(number)


FAULTS: dict[str, Callable[[Tool, Receiver, int], None]] = {"kill": killed, "429": limited, "404": gone, "restart": restarted}


def measure(make: Callable[[Path, str], Tool], fault: str, alerts: int) -> Result:
    far, folder = Receiver(), Path(tempfile.mkdtemp(prefix="hotline-faults-"))
    far.otherwise = Answer(body=b"ok")
    tool = make(folder, far.url)
    tool.start()
    try:
        FAULTS[fault](tool, far, alerts)
        quiet_since, seen = time.monotonic(), -1
        end = time.monotonic() + 60
        while time.monotonic() < end and time.monotonic() - quiet_since < 12:  # an answer held back, a back-off, a group's interval
            if len(far.requests) != seen:
                quiet_since, seen = time.monotonic(), len(far.requests)
            time.sleep(0.2)
        return _result(tool.name, fault, alerts, list(far.requests))
    finally:
        with contextlib.suppress(Exception):
            tool.kill()
        far.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _result(name: str, fault: str, alerts: int, requests: list[Request]) -> Result:
    lost = doubled = marked = early = 0
    for number in range(alerts):
        mine = about(requests, number)
        taken = [request for request in mine if request.accepted]
        lost += not taken
        repeats = taken[1:]
        marks = sum(b"POSSIBLE REPEAT" in request.body for request in repeats)
        marked += marks
        doubled += len(repeats) - marks
        if fault == "429":
            early += sum(request.at - mine[0].at < WAIT - 0.05 for request in mine[1:])
    return Result(name, fault, alerts, lost, doubled, marked, early)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--alerts", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    alerts = min(options.alerts, len(PAIRS))
    results = []
    print("| tool | fault | alerts | lost | doubled | marked repeats | asked too early |\n|---|---|---|---|---|---|---|")
    for make in TOOLS:
        if make is Alertmanager and shutil.which("prometheus-alertmanager") is None:
            print("| Alertmanager | is not installed | | | | | |")
            continue
        for fault in FAULTS:
            found = measure(make, fault, alerts)
            results.append(found)
            print(f"| {found.tool} | {found.fault} | {found.alerts} | {found.lost} | {found.doubled} | {found.marked} | {found.early} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(result) for result in results], indent=1), "utf-8")
    return 1 if any(result.lost or result.doubled for result in results if result.tool == Hotline.name) else 0


if __name__ == "__main__":
    sys.exit(main())
