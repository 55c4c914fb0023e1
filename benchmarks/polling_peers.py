"""Other watchers, installed from the package registry, polling the same feeds: whole process, since that is how they are run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.polling_site import Site

READER = """
import sys
from reader import make_reader
reader = make_reader(sys.argv[1])
for line in open(sys.argv[2]):
    reader.add_feed(line.strip(), exist_ok=True)
for _ in reader.update_feeds_iter(workers=20):
    pass
"""


@dataclass(frozen=True)
class Peer:
    """`prepare` writes what the program needs into a folder; `command` runs one cycle there."""

    name: str
    packages: Sequence[str]
    prepare: Callable[[Site, Path], None]
    command: Callable[[Path], Sequence[str]]

    def idle(self, site: Site, place: Path, installed: Path) -> list[dict[str, Any]]:
        """A first run, and one in which nothing has changed."""
        place.mkdir(parents=True)
        self.prepare(site, place)
        env = {**os.environ, "HOME": str(place), "XDG_CONFIG_HOME": str(place), "XDG_DATA_HOME": str(place)}
        command = self.command(installed / self.name)
        subprocess.run(command, check=True, cwd=place, env=env, stdout=subprocess.DEVNULL, timeout=900)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, check=True, cwd=place, env=env, stdout=subprocess.DEVNULL, timeout=900)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        facts = {
            "per_second": site.count / wall,
            "wall": wall,
            "cpu_ms": 1000 * used / site.count,
            "peak_mb": after.ru_maxrss // 1024,
        }
        return [{"cycle": "idle", **facts}]


def _reader(site: Site, place: Path) -> None:
    (place / "urls").write_text("\n".join(site.url(i) for i in range(site.count)))
    (place / "run.py").write_text(READER)


def _urlwatch(site: Site, place: Path) -> None:
    (place / "urls.yaml").write_text("\n---\n".join(f"url: {site.url(i)}" for i in range(site.count)))
    (place / "config.yaml").write_text("report: {stdout: {enabled: false}}\n")


def _rss2email(site: Site, place: Path) -> None:
    feeds = "".join(f"[feed.f{i}]\nurl = {site.url(i)}\nto = desk@example.org\n" for i in range(site.count))
    (place / "r2e.cfg").write_text("[DEFAULT]\nfrom = bot@example.org\nto = desk@example.org\n" + feeds)
    (place / "r2e.json").write_text('{"version": 2, "feeds": []}')


PEERS = (
    Peer("reader", ("reader", "sgmllib3k"), _reader, lambda at: [f"{at}/bin/python", "run.py", "db.sqlite", "urls"]),
    Peer(
        "urlwatch",
        ("urlwatch",),
        _urlwatch,
        lambda at: [
            f"{at}/bin/urlwatch",
            "--urls",
            "urls.yaml",
            "--config",
            "config.yaml",
            "--cache",
            "cache.db",
            "--hooks",
            "none",
        ],
    ),
    Peer(
        "rss2email",
        ("rss2email",),
        _rss2email,
        lambda at: [f"{at}/bin/r2e", "-c", "r2e.cfg", "-d", "r2e.json", "run", "--no-send"],
    ),
)


def install(peer: Peer, folder: Path) -> bool:
    """Into an environment of its own; False, and said, if that does not work."""
    place = folder / peer.name
    try:
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
        subprocess.run(
            [f"{place}/bin/pip", "install", "-q", "setuptools<81", "wheel", *peer.packages], check=True, capture_output=True
        )
    except subprocess.CalledProcessError as failure:
        print(f"{peer.name} cannot be installed: {failure.stderr.decode(errors='replace')[-200:]}")
        return False
    return True
