"""The feed source against nginx: its validators, packed bodies, redirects, refusals, slow and huge answers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.http import source_client
from monitor.model import Account, Page
from monitor.sources.feed import Feed, FeedSettings
from tests.real.beds import HOST, Server, answers, program, unused_port, wait_until

CONFIG = """
{user}
daemon off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log {folder}/access.log combined;
  types {{ application/rss+xml xml; text/html html; }}
  gzip on; gzip_types application/rss+xml; gzip_min_length 10;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen {host}:{port}; root {folder}/www;
    location = /old.xml {{ return 301 /feed.xml; }}
    location = /circle.xml {{ return 302 /circle.xml?again; }}
    location = /gone.xml {{ return 410; }}
    location = /busy.xml {{ add_header Retry-After 77 always; return 429; }}
    location = /slow.xml {{ alias {folder}/www/feed.xml; gzip off; limit_rate 60; }}
    location = /secret.xml {{ return 403; }}
    location = /cached.xml {{ alias {folder}/www/feed.xml; add_header Cache-Control "max-age=40"; }}
  }}
}}
"""


class Site:
    def __init__(self, base: str, folder: Path) -> None:
        self.base, self._folder = base, folder
        self._made = 0

    def write(self, *titles: str, name: str = "feed.xml", pad: int = 0) -> None:
        """A feed of these items, newest first. nginx tells versions apart by second and length: each has its own second here."""
        items = "".join(f"<item><title>{t}</title><guid>{t}</guid><link>https://mfa.example/{t}</link></item>" for t in titles)
        path = self._folder / "www" / name
        path.write_text(f'<rss version="2.0"><channel><title>MFA</title>{items}{" " * pad}</channel></rss>')
        self._made += 1
        stamp = 1_790_000_000 + self._made
        os.utime(path, (stamp, stamp))

    def log(self) -> list[str]:
        return (self._folder / "access.log").read_text().splitlines()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("nginx"), unused_port()
    (folder / "www").mkdir()
    (folder / "www/index.html").write_text("<!doctype html><html><title>Ministry</title></html>")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(CONFIG.format(user=user, folder=folder, host=HOST, port=port))
    server = Server([program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)], folder / "server.log")
    try:
        wait_until(lambda: answers(f"http://{HOST}:{port}/index.html"), "nginx is up")
        yield Site(f"http://{HOST}:{port}", folder)
    finally:
        server.stop()


class Reader:
    def __init__(self, site: Site, feed: Feed) -> None:
        self.site, self.feed = site, feed
        self.cursors: dict[str, str] = {}

    async def page(self, path: str = "/feed.xml") -> Page:
        account = Account("feed", "mfa", options={"url": self.site.base + path})
        (page,) = [page async for page in self.feed.fetch([account], dict(self.cursors), datetime.now(UTC))]
        self.cursors |= {key: value for key, value in page.cursors.items() if value is not None}
        return page

    async def titles(self, path: str = "/feed.xml") -> list[str]:
        return [post.parts["title"] for post in (await self.page(path)).posts]

    async def kind(self, path: str) -> str:
        return (await self.page(path)).outcomes["feed:mfa"].kind


@pytest.fixture
async def reader(site: Site) -> AsyncIterator[Reader]:
    fetcher = source_client(lambda: datetime.now(UTC), timeout=1.0, max_bytes=300_000)
    yield Reader(site, Feed(FeedSettings(max_bytes=300_000), fetcher))
    await fetcher.close()


async def test_an_unchanged_feed_costs_an_empty_304_although_its_body_is_packed(site: Site, reader: Reader) -> None:
    site.write("one")
    assert await reader.titles() == ["one"]
    page = await reader.page()
    assert page.outcomes["feed:mfa"].kind == "not_modified"
    first, second = site.log()[-2:]
    assert '" 200 ' in first
    assert '" 304 0 ' in second


async def test_a_new_item_comes_once(site: Site, reader: Reader) -> None:
    site.write("one")
    await reader.page()
    site.write("two", "one")
    assert await reader.titles() == ["two"]
    assert await reader.titles() == []


async def test_a_moved_feed_is_followed_and_its_new_address_adopted(site: Site, reader: Reader) -> None:
    site.write("one")
    for _ in range(4):
        await reader.page("/old.xml")
    asked = [line.split('"')[1].split()[1] for line in site.log()[-7:]]
    assert asked == ["/old.xml", "/feed.xml"] * 3 + ["/feed.xml"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/gone.xml", "gone"), ("/none.xml", "unreachable"), ("/busy.xml", "rate_limited"), ("/secret.xml", "blocked"), ("/circle.xml", "moved"),
     ("/index.html", "bad_content"), ("/slow.xml", "unreachable")],
)  # fmt: skip
async def test_every_refusal_has_its_name(path: str, kind: str, site: Site, reader: Reader) -> None:
    site.write("one")
    assert await reader.kind(path) == kind


async def test_a_huge_body_is_refused_packed_or_not(site: Site, reader: Reader) -> None:
    site.write("one", name="huge.xml", pad=5_000_000)
    page = await reader.page("/huge.xml")
    assert page.outcomes["feed:mfa"].kind == "bad_content"
    assert "larger than" in page.outcomes["feed:mfa"].detail


async def test_waiting_times_are_read(site: Site, reader: Reader) -> None:
    site.write("one")
    now = datetime.now(UTC)
    busy = (await reader.page("/busy.xml")).outcomes["feed:mfa"].until
    cached = (await reader.page("/cached.xml")).outcomes["feed:mfa"].until
    assert busy is not None
    assert cached is not None
    assert 76 <= (busy - now).total_seconds() <= 80
    assert 39 <= (cached - now).total_seconds() <= 43
