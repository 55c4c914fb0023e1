"""What Hotline costs while nothing happens: start to first poll, memory, CPU a poll, writes.

    python benchmarks/idle.py [--accounts 100] [--seconds 30]

The daemon runs as a process of its own against an AppView-like server on loopback that answers conditional requests; each
account is polled once a second, which is fifteen times as often as by default.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.real.daemon import Daemon

TARGETS = {"start to first poll, s": 2.0, "resident memory, MB": 160.0, "CPU a poll, ms": 1.0, "database writes": 0.0}
ACCOUNT = '[[account]]\nsource = "bluesky"\nhandle = "a{n}.test"\nid = "did:plc:a{n}"\ncountry = "FR"\nkind = "presidency"\noffice = "head_of_state"\nevery = "1s"\n'
HEAD = '[schedule]\nper_host = 64\n[sources.bluesky]\nappview = "{url}"\nplc = "{url}"\n[channels.console]\ntype = "console"\n'


def feed(did: str) -> bytes:
    """A page of thirty posts."""
    author = {"did": did, "handle": did.rpartition(":")[2] + ".test", "displayName": "An office"}
    posts = [
        {"post": {"uri": f"at://{did}/app.bsky.feed.post/{n}", "cid": f"c{n}", "author": author, "indexedAt": "2026-05-02T10:00:00.000Z",
                  "record": {"$type": "app.bsky.feed.post", "text": f"Post {n} of no consequence. " * 5, "createdAt": "2026-05-02T10:00:00.000Z"}}}
        for n in range(30)
    ]  # fmt: skip
    return json.dumps({"feed": posts}).encode()


class AppView:
    """Answers getAuthorFeed with an ETag, and 304 to who knows it. Counts, and notes when the first question came."""

    def __init__(self) -> None:
        self.polls, self.first = 0, 0.0
        view = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                did = parse_qs(urlsplit(self.path).query).get("actor", ["did:plc:x"])[0]
                view.first = view.first or time.monotonic()
                view.polls += 1
                known = self.headers.get("if-none-match") == f'"{did}"'
                body = b"" if known else feed(did)
                self.send_response(304 if known else 200)
                self.send_header("etag", f'"{did}"')
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def state(database: Path) -> tuple[int, ...]:
    """Sizes and times of the database's files: any write changes them."""
    files = [database, database.with_name(database.name + "-wal")]
    return tuple(value for file in files for value in (file.stat().st_size, file.stat().st_mtime_ns))


def measure(accounts: int, seconds: float, folder: Path) -> dict[str, float]:
    view = AppView()
    config = folder / "config.toml"
    config.write_text(HEAD.format(url=view.url) + "".join(ACCOUNT.format(n=n) for n in range(accounts)), "utf-8")
    daemon = Daemon(config)
    began = time.monotonic()
    daemon.start()
    while not view.first:
        time.sleep(0.005)
    start = view.first - began
    time.sleep(8)  # baselines, and the first flush of health is a minute off
    pid = daemon.process.pid
    polls, cpu, before = view.polls, cpu_seconds(pid), state(folder / "hotline.db")
    time.sleep(seconds)
    polls, cpu = view.polls - polls, cpu_seconds(pid) - cpu
    written = float(state(folder / "hotline.db") != before)
    memory = resident_mb(pid)
    daemon.stop()
    print(f"{accounts} accounts, {polls} polls in {seconds:g} s, all without news")
    return {"start to first poll, s": start, "resident memory, MB": memory, "CPU a poll, ms": 1000 * cpu / max(polls, 1), "database writes": written}


def main() -> None:
    """Print the figures beside their targets; exit status 1 if one is missed."""
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--accounts", type=int, default=100)
    args.add_argument("--seconds", type=float, default=30)
    wanted = args.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotline-idle-") as folder:
        figures = measure(wanted.accounts, wanted.seconds, Path(folder))
    for name, value in figures.items():
        print(f"{name:<26}{value:8.2f}   target {TARGETS[name]:g}: {'met' if value <= TARGETS[name] else 'MISSED'}")
    sys.exit(any(value > TARGETS[name] for name, value in figures.items()))


if __name__ == "__main__":
    main()
