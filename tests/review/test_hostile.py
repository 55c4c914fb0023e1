"""Post text is hostile: whatever a field holds, pages, feeds and exports show it as text and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitor.config import load
from monitor.daemon.plan import retention as rules_of
from monitor.review.desk import Desk
from monitor.review.site import export_site
from tests.review.bed import CANARY, NASTY, NOW
from tests.review.conftest import Client, OpenDesk
from tests.review.test_feeds import unfolded

PAGES = (
    "/", "/?days=30", "/contacts", "/contacts?leader=%3Cscript%3E&q=x&account=%22%3E%3Cscript%3E", "/contact/evil", "/contact/evil2", "/contact/evil/right",
    "/search", "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/search?account=%3Chotline-canary%3E", "/leaders", "/leader/narendra-modi",
    "/leader/%3Chotline-canary%3E", "/plots", "/judge", "/judge?queue=near", "/judge?queue=random", "/quality?days=36500", "/accounts", "/help",
    "/log", "/log/v_contacts", "/log/v_posts", "/log/v_acts", "/log/v_accounts", "/log/labels", "/log/v_deliveries", "/log/contacts_between?a=%3Cb%3E&b=x&mode=",
    "/%3Chotline-canary%3E", "/contact/%3Chotline-canary%3E", "/log/%3Chotline-canary%3E",
)  # fmt: skip


class Inert(HTMLParser):
    """Complains of everything in a page that is not ours or could run."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in (CANARY, "img", "iframe", "object", "embed", "base", "style") and not (tag == "style" and not known):
            self.wrong.append(f"<{tag}>")
        self._script = tag == "script"
        if tag == "script" and "src" in known and not str(known["src"]).startswith("/-/"):
            self.wrong.append(f"script from {known['src']}")
        for name, value in attrs:
            if name.startswith("on"):
                self.wrong.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction", "data-href") and value:
                safe = value.startswith(("/", "?", "#", "https://example.org/", "http://localhost"))
                if not safe or value.startswith("//"):
                    self.wrong.append(f"{tag} {name}={value}")
        if tag == "a" and str(known.get("href", "")).startswith("https://") and "noopener" not in str(known.get("rel")):
            self.wrong.append(f"link out without noopener: {known}")

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script and ("alert" in data or CANARY in data):
            self.wrong.append(f"inside a script: {data[:80]}")


def complaints(page: str) -> list[str]:
    parser = Inert()
    parser.feed(page)
    parser.close()
    return parser.wrong


def test_the_check_itself_sees_what_is_wrong() -> None:
    assert complaints('<script>alert(1)</script><a href="javascript:x">y</a><p onclick=x></p><hotline-canary>')


@pytest.mark.parametrize("address", PAGES)
async def test_a_hostile_log_renders_inert(address: str, hostile_log: Path, open_client: OpenDesk) -> None:
    answer = await (await open_client(hostile_log)).get(address)
    assert answer.status_code in (200, 302, 400, 404), answer.text[:1000]
    assert answer.headers.get("location", "/").startswith("/")
    assert complaints(answer.text) == []
    assert "49 evil" not in answer.text, "a template in a post is not run"


async def test_hostile_pages_are_under_a_policy_without_inline_scripts(hostile_log: Path, open_client: OpenDesk) -> None:
    client = await open_client(hostile_log)
    for address in PAGES:
        policy = (await client.get(address)).headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


async def test_evidence_stays_in_place_and_text_is_shown_whole(hostile_log: Path, open_client: OpenDesk) -> None:
    shown = (await (await open_client(hostile_log)).get("/contact/evil")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.replace("</mark>", "")
    assert 'class="ev ev-trigger ev-party"' in shown
    assert 'dir="auto"' in shown


async def test_a_huge_post_is_cut_and_says_so(hostile_log: Path, open_client: OpenDesk) -> None:
    shown = await (await open_client(hostile_log)).get("/contact/evil2")
    assert len(shown.content) < 400_000
    assert "more characters" in shown.text


async def test_hostile_feeds_parse_and_hold_the_words_as_text(hostile_log: Path, open_client: OpenDesk) -> None:
    client = await open_client(hostile_log)
    feed = ET.fromstring((await client.get("/contacts.atom")).content)
    titles = [title.text or "" for title in feed.iter("{http://www.w3.org/2005/Atom}title")]
    assert len(titles) == 3
    assert any("<script>alert(1)</script>" in title for title in titles)
    calendar = (await client.get("/contacts.ics")).text
    lines = unfolded(calendar)
    assert [line for line in lines if line.startswith("BEGIN:")] == ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "BEGIN:VEVENT"]
    rows = list(csv.DictReader(io.StringIO((await client.get("/contacts.csv")).text)))
    assert len(rows) == 2
    assert not any(str(value)[:1] in "=+-@\t\r" for row in rows for value in row.values() if value)
    assert len(json.loads((await client.get("/contacts.json")).text)) == 2
    assert json.loads((await client.get("/labels.jsonl")).text.splitlines()[0])["participants"] == [NASTY]


def test_a_hostile_static_site_is_inert_and_holds_nothing_of_the_desk(hostile_log: Path, tmp_path: Path) -> None:
    pages = export_site(Desk(hostile_log, lambda: NOW), tmp_path / "site", 90)
    assert pages >= 6
    for file in (tmp_path / "site").rglob("*.html"):
        text = file.read_text("utf-8")
        assert "csrftoken" not in text
        parser = Inert()
        parser.feed(text)
        beside = re.compile(r"(a|link|script) (href|src)=(\.\./)?[A-Za-z0-9/_-]+\.(html|css|js|svg|atom|ics)$|script from (\.\./)?static/\w+\.js$")
        assert [line for line in parser.wrong if not beside.match(line)] == [], file


async def test_a_link_goes_only_to_a_plain_web_address(hostile_log: Path, open_client: OpenDesk) -> None:
    client = await open_client(hostile_log)
    shown = (await client.get("/judge?queue=near")).text
    assert "user:pass" not in shown
    assert 'href="https://example.org/ok"' in (await client.get("/contact/evil2")).text


def test_retention_needs_no_configuration() -> None:
    rules = rules_of(load('[channels.console]\ntype = "console"\n'))
    assert rules.deleted["x"].total_seconds() == 86400
    assert rules.flagged is None


async def test_the_client_is_given_no_more_than_it_asks(client: Client) -> None:
    assert (await client.get("/labels.jsonl")).headers["content-disposition"] == 'attachment; filename="labels.jsonl"'
