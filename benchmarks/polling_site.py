"""Many feeds on loopback: nginx serving distinct RSS files with ETag and Last-Modified, and hands to change them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

CONFIG = """
{user}
worker_processes 1;
daemon off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  types {{ application/rss+xml xml; application/json json; }}
  keepalive_requests 1000000;
  keepalive_timeout 300s;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  log_format arrived '$msec';
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}/www; location /xrpc/ {{ rewrite ^ /xrpc/$arg_actor.json break; }}
    location = /hook {{ access_log {folder}/hooks.log arrived; return 200 ok; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """`count` feeds of 20 items each, at `url(i)`."""

    base: str
    folder: Path
    count: int

    def url(self, number: int) -> str:
        return f"{self.base}/feed{number}.xml"

    def add(self, number: int, title: str, text: str) -> None:
        """A new first item, put in place as a whole."""
        items = [_item(f"new{number}", title, text, datetime.now(UTC)), *_items(number)[:19]]
        _write(self.folder / "www" / f"feed{number}.xml", number, items)

    def arrivals(self) -> list[float]:
        """When webhooks came to `/hook`, in seconds since the epoch."""
        log = self.folder / "hooks.log"
        return [float(line) for line in log.read_text().splitlines()] if log.exists() else []

    def reset(self, number: int) -> None:
        _write(self.folder / "www" / f"feed{number}.xml", number, _items(number))


def bluesky_feeds(site: Site, count: int) -> Site:
    """The same server with `count` author feeds of 30 posts, as the AppView gives them."""
    folder = site.folder / "www" / "xrpc"
    folder.mkdir()
    for number in range(count):
        author = {"did": f"did:plc:{number}", "handle": f"office{number}.example", "displayName": f"Office {number}"}
        posts = [
            {"post": {"uri": f"at://did:plc:{number}/app.bsky.feed.post/3k{place:03d}", "cid": f"bafyrei{number:026d}{place:026d}", "author": author,
                      "record": {"$type": "app.bsky.feed.post", "text": WORDS, "createdAt": "2026-11-01T00:00:00Z", "langs": ["en"]},
                      "indexedAt": "2026-11-01T00:00:00Z", "likeCount": place, "labels": []}}
            for place in range(30)
        ]  # fmt: skip
        (folder / f"did:plc:{number}.json").write_text(json.dumps({"feed": posts, "cursor": "x"}))
    return Site(site.base, site.folder, count)


WORDS = "The ministry informs citizens about consular services, scholarships and the opening hours of its offices. "


def _item(key: str, title: str, text: str, at: datetime) -> str:
    return (
        f'<item><title>{title}</title><link>https://mfa.example/{key}</link><guid isPermaLink="false">{key}</guid>'
        f"<pubDate>{format_datetime(at)}</pubDate><description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
    )


def _items(number: int) -> list[str]:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    words = WORDS * 3
    return [_item(f"{number}-{i}", f"Notice {i} of office {number}", words, start - timedelta(hours=i)) for i in range(20)]


def _write(path: Path, number: int, items: Sequence[str]) -> None:
    body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Office {number}</title><link>https://mfa.example</link>{"".join(items)}</channel></rss>'
    fresh = path.with_suffix(".new")
    fresh.write_text(body, encoding="utf-8")
    fresh.replace(path)


@contextmanager
def serving(folder: Path, count: int) -> Iterator[Site]:
    """Write the feeds and start nginx; stops it at the end. Exits with a message where nginx is missing."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        raise SystemExit("this benchmark serves its feeds with nginx: apt-get install nginx-light")
    (folder / "www").mkdir(parents=True)
    for number in range(count):
        _write(folder / "www" / f"feed{number}.xml", number, _items(number))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, user="user root;" if os.geteuid() == 0 else ""))
    folder.chmod(0o755)
    server = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        _wait(port)
        yield Site(f"http://127.0.0.1:{port}", folder, count)
    finally:
        server.terminate()
        server.wait(10)


def _wait(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start")
