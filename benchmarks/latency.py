"""From a post being accepted by a real AT Protocol network to its alert leaving Hotline.

    python benchmarks/latency.py [--posts 60]

Needs the network of the integration tests (`tests/real/install.sh`). The daemon runs as a process of its own, polls once a
second through a relay that notes when the answer with the post has left it, and posts to a receiver on loopback. All times are
of one monotonic clock. `network` is the wait for the next poll and for the network to show the post; `inside` is Hotline's share,
from the response received to the alert request received, both loopback hops included.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from monitor.leaders import load
from tests.real.at_network import Writer, running
from tests.real.daemon import Daemon
from tests.real.receiver import Receiver

CONFIG = """
[limits]
flood = 10000
[schedule]
jitter = 0.0
[sources.bluesky]
appview = "{appview}"
plc = "{plc}"
[channels.desk]
type = "webhook"
url = {{ env = "DESK" }}
secret = {{ env = "SIGNING" }}
allow_private = ["127.0.0.0/8"]
[[account]]
source = "bluesky"
handle = "{handle}"
country = "IN"
kind = "leader"
office = "head_of_government"
every = "1s"
"""
TARGET = 0.020  # seconds inside Hotline, median


class Relay:
    """Passes questions on to the AppView and notes when the first answer that holds a record key has been written."""

    def __init__(self, upstream: str) -> None:
        self.shown: dict[str, float] = {}
        self.waiting: set[str] = set()
        relay, client = self, httpx.Client(base_url=upstream, trust_env=False, timeout=30)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = client.get(self.path)
                self.send_response(answer.status_code)
                self.send_header("content-type", answer.headers.get("content-type", "application/json"))
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)
                at = time.monotonic()
                for key in [k for k in relay.waiting if k.encode() in answer.content]:
                    relay.shown[key] = at
                    relay.waiting.discard(key)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def counterparts(count: int) -> list[str]:
    """Leaders of so many countries, in office today, as `President X of Y` would be called."""
    today = datetime.now(UTC).date()
    registry = load()
    named = {t.country: t for person in registry for t in person.terms if t.office == "head_of_state" and t.holds(today) and len(t.country) == 2}
    return [f"President {t.name}" for country, t in sorted(named.items()) if country != "IN"][:count]


async def measure(posts: int, folder: Path) -> list[tuple[float, float, float]]:
    """(total, network, inside) in seconds for each post."""
    rows: list[tuple[float, float, float]] = []
    with running(folder) as network:
        relay, receiver = Relay(network.appview), Receiver()
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            writer = await Writer.join(network, http, "delhi")
            await writer.seen(await writer.post("Good morning from Delhi."))
            config = folder / "config.toml"
            config.write_text(CONFIG.format(appview=relay.url, plc=network.plc, handle=writer.handle), "utf-8")
            daemon = Daemon(config, {"DESK": receiver.url + "/desk", "SIGNING": "whsec_c2VjcmV0IG9mIHRoZSBiZW5jaG1hcms="})
            daemon.start()
            await asyncio.sleep(3)  # the baseline
            chance = random.Random(7)
            for name in counterparts(posts):
                await asyncio.sleep(chance.uniform(0.2, 1.2))
                before = len(receiver.requests)
                ref = await writer.post(f"Just had a phone call with {name}. We discussed trade and our friendship.")
                accepted = time.monotonic()
                relay.waiting.add(ref.rkey)
                try:
                    got = await asyncio.to_thread(receiver.wait, before + 1, 10.0)
                except AssertionError:
                    print(f"no alert for: {name}", file=sys.stderr)
                    continue
                shown = relay.shown.get(ref.rkey, accepted)
                rows.append((got[before].at - accepted, shown - accepted, got[before].at - shown))
            daemon.stop()
            receiver.stop()
    return rows


def main() -> None:
    """Print the percentiles; exit status 1 if the target is missed."""
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--posts", type=int, default=60)
    wanted = args.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotline-latency-") as folder:
        rows = asyncio.run(measure(wanted.posts, Path(folder)))
    print(f"{len(rows)} of {wanted.posts} posts alerted; poll interval 1 s; milliseconds")
    print(f"{'':<28}{'p50':>8}{'p99':>8}{'max':>8}")
    for name, column in (("post accepted to alert", 0), ("network and wait for a poll", 1), ("inside Hotline", 2)):
        values = sorted(row[column] * 1000 for row in rows)
        print(f"{name:<28}{median(values):8.1f}{quantiles(values, n=100)[98]:8.1f}{values[-1]:8.1f}")
    inside = median(row[2] for row in rows)
    print(f"target: inside Hotline under {TARGET * 1000:.0f} ms p50: {'met' if inside < TARGET else 'MISSED'}")
    sys.exit(inside >= TARGET)


if __name__ == "__main__":
    main()
