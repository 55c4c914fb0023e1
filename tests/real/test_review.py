"""The review desk in a real browser, on logs that the real pipeline wrote: open, filter, judge by keys, retract, download; dark,
at phone width, for screen readers; full, empty, right to left, with long names and hostile posts."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import sqlite3
import struct
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from monitor.leaders import load
from monitor.store import Store
from tests.real import browser as chromium
from tests.real.beds import ROOT, Server, wait_until
from tests.real.browser import PHONE, WIDE, Browser
from tests.review import bed

pytestmark = pytest.mark.timeout(300)

LONG = "Sheikh Mohammed bin Abdulrahman bin Jassim bin Jaber bin Mohammed bin Thani Al Thani of the State of Qatar and all its dependencies"
WORDS = (
    ("envoy", "en", "President {name} just spoke with President Trump by phone."), ("elysee", "fr", "Je viens de m'entretenir avec le Président {name}."),
    ("berlin", "en", "I will travel tomorrow to meet President {name}."), ("india", "en", "Had a productive meeting with President {name} in New Delhi today."),
)  # fmt: skip
PAGES = ("/", "/contacts", "/judge", "/judge?queue=random", "/plots", "/leaders", "/leader/donald-trump", "/search?q=president", "/accounts", "/quality", "/help")
EDGES = (
    ("100", "cairo", "ar", "تلقى الرئيس عبد الفتاح السيسي اليوم اتصالاً هاتفياً من الرئيس الفرنسي إيمانويل ماكرون. وتناول الاتصال سبل تعزيز العلاقات الثنائية."),
    ("101", "envoy", "en", f"President Trump just spoke by phone with Prime Minister {LONG}."),
    ("102", "elysee", "fr", f"Je viens de m'entretenir avec le Premier ministre <img src=x onerror=alert(1)>{'é' * 400} Modi."),
)  # fmt: skip


def crowd() -> list[tuple[str, str, str, str]]:
    """Contacts with some fifty heads of state of today, and what else is posted in between."""
    on = date(2026, 11, 22)
    registry = load()
    heads = [term.name for country in registry.countries() if (term := registry.resolve(country, "head_of_state", on))]
    posts = [
        (str(200 + number), *WORDS[number % 4][:2], WORDS[number % 4][2].format(name=name)) for number, name in enumerate(heads[:60])
    ]
    chatter = [(str(400 + n), "berlin", "en", f"Thank you to everybody who came to our open day number {n}.") for n in range(20)]
    return [*bed.POSTS, *posts, *chatter, *EDGES]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Logs by name: full (written by the pipeline), hostile, empty."""
    folder = tmp_path_factory.mktemp("logs")
    empty = folder / "empty.db"

    async def make() -> None:
        await (await Store.open(empty, run="bed", clock=lambda: bed.NOW)).close()
        await bed.hostile(folder / "hostile.db")

    asyncio.run(make())
    full = tmp_path_factory.mktemp("full")
    return {"full": bed.told(full, crowd()), "hostile": folder / "hostile.db", "empty": empty}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium.running(tmp_path_factory.mktemp("downloads")) as found:
        yield found


@pytest.fixture
def opened(logs: dict[str, Path], browser: Browser, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`path = opened("full")`: the desk as its own process on a copy of that log, and the browser at it."""
    servers: list[Server] = []

    def start(name: str) -> Path:
        path = Path(shutil.copy(logs[name], tmp_path / f"{name}.db"))
        (tmp_path / "config.toml").write_text(config(path), "utf-8")
        command = [sys.executable, str(ROOT / "bot.py"), "--config", str(tmp_path / "config.toml"), "review", "--port", "0", "--database", str(path)]
        server = Server(command, tmp_path / "desk.log")
        servers.append(server)
        browser.open_nothing()
        browser.base = "http" + server.line(60).decode().partition("http")[2].split("/  (")[0].strip()
        return path

    browser.size(*WIDE)
    browser.prefers("light")
    yield start
    for server in servers:
        server.stop()


def config(path: Path) -> str:
    """What the log of `bed.told` was written with, on this copy of it."""
    return (
        f'[database]\npath = "{path}"\n[limits]\nalert_age = "9000d"\n[sources.jsonl]\npath = "{path.with_suffix(".jsonl")}"\n'
        '[channels.console]\ntype = "console"\n'
        + "".join(f'[[account]]\nsource = "jsonl"\nhandle = "{h}"\ncountry = "{c}"\nkind = "{k}"\noffice = "{o}"\n' for h, c, k, o in bed.ACCOUNTS)
    )  # fmt: skip


def once(path: Path, *posts: dict[str, Any]) -> None:
    """Hotline for one pass over these posts."""
    from click.testing import CliRunner

    from monitor.cli import hotline

    path.with_suffix(".jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts), "utf-8")
    result = CliRunner().invoke(hotline, ["--config", str(path.with_name("config.toml")), "once"])
    assert result.exit_code in (0, 1), result.output


def acts(path: Path) -> list[tuple[str, str, dict[str, Any]]]:
    with sqlite3.connect(path) as connection:
        return [(kind, target, json.loads(value)) for kind, target, value in connection.execute("SELECT kind, target, value FROM acts ORDER BY id")]


def test_the_front_page_is_walked_by_keys_and_opens_a_story(opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    browser.open("/")
    assert len(browser.all(".card")) > 30
    browser.picture("front")
    browser.one("body").send_keys("j")
    first = browser.one(".card.here").get_attribute("id")
    browser.press("j")
    assert browser.one(".card.here").get_attribute("id") != first
    browser.press("k")
    assert browser.one(".card.here").get_attribute("id") == first
    browser.press(Keys.ENTER)
    wait_until(lambda: "/contact/" in browser.driver.current_url, "the story")
    assert browser.one("h1").text
    assert len(browser.all(".event")) >= 2
    browser.picture("story", whole=True)
    browser.size(*WIDE)
    browser.press("?")
    assert browser.one("dialog").is_displayed()
    browser.picture("keys")
    assert browser.complaints() == []


def test_filters_narrow_the_list_and_search_finds_words(opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    browser.open("/contacts")
    everything = len(browser.all(".card"))
    next(link for link in browser.all(".filters a") if link.text == "meeting").click()
    shown = [card.text for card in browser.all(".card .what")]
    assert 0 < len(shown) < everything
    assert set(shown) == {"meeting"}
    browser.picture("filtered")
    browser.one("body").send_keys("/")
    browser.press("通电话", Keys.ENTER)
    wait_until(lambda: "search" in browser.driver.current_url, "the search")
    assert [item.text for item in browser.all(".item strong")] == ["@beijing"]
    browser.picture("search")
    assert browser.complaints() == []


def test_the_queue_is_judged_by_keys_alone(opened: Callable[[str], Path], browser: Browser) -> None:
    path = opened("full")
    browser.open("/judge")
    items = len(browser.all(".item"))
    assert items == 40
    for number, key in enumerate("yynoy", 1):
        browser.press(key)
        wait_until(lambda number=number: len(browser.all(".item.done")) == number, f"answer {number}")  # type: ignore[misc]
    browser.picture("judging")
    assert [value["verdict"] for _, _, value in acts(path)] == ["right", "right", "wrong", "not_news", "right"]
    browser.press("u")
    wait_until(lambda: len(browser.all(".item.done")) == 4, "the last one taken back")
    assert acts(path)[-1][2]["verdict"] == "withdrawn"
    browser.press("e")
    assert browser.one(".item.here .correct select").is_displayed()
    browser.run("document.querySelector('.item.here select[name=mode]').value = 'video'; document.activeElement.blur()")
    browser.one("body").send_keys("y")
    wait_until(lambda: len(browser.all(".item.done")) == 5, "the corrected one")
    assert acts(path)[-1][2]["mode"] == "video"
    for _ in range(items - 5):
        done = len(browser.all(".item.done"))
        browser.press("y")
        wait_until(lambda done=done: len(browser.all(".item.done")) > done, "the next")  # type: ignore[misc]
    assert browser.one("#count").text == f"{items} of {items}"
    browser.press(Keys.ENTER)
    wait_until(lambda: browser.all(".item") and not browser.all(".item.done"), "the next ones")
    assert browser.complaints() == []


def test_an_alert_is_retracted_from_its_page(opened: Callable[[str], Path], browser: Browser) -> None:
    path = opened("full")
    browser.open("/contacts?leader=modi&mode=call")
    browser.one(".card .open").click()
    contact = browser.driver.current_url.rpartition("/")[2]
    next(summary for summary in browser.all(".act summary") if summary.text == "Retract").click()
    browser.one("input[name=why]").send_keys("a spoofed account")
    browser.one(".act .button.no").click()
    wait_until(lambda: browser.all(".e-act"), "the act in the story")
    assert acts(path) == [("retract", contact, {"why": "a spoofed account"})]
    once(path)
    wait_until(lambda: [chip for chip in browser.all(".head .chip.bad") if chip.text == "retracted"], "the page to show it by itself")
    assert "RETRACTED" in browser.one("#line").text
    browser.picture("retracted", whole=True)
    assert browser.complaints() == []


def test_a_new_contact_comes_up_on_the_open_page(opened: Callable[[str], Path], browser: Browser) -> None:
    path = opened("empty")
    browser.open("/")
    assert "No contact has been announced yet" in browser.one("#cards").text
    browser.picture("empty-front")
    once(path, {"id": "1", "account": "envoy", "text": "President Trump just spoke with Prime Minister Modi by phone.",
                "created_at": (datetime.now(UTC) - timedelta(seconds=5)).isoformat()})  # fmt: skip
    wait_until(lambda: len(browser.all(".card")), "the new card")
    assert "Narendra Modi" in browser.one(".card").text
    assert browser.complaints() == []


def test_plots_and_lists_are_downloaded(opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    browser.open("/plots?days=365")
    assert len(browser.all(".plot .drawing svg")) >= 4
    browser.picture("plots", whole=True)
    browser.size(*WIDE)
    buttons = {button.text: button for button in browser.all("[data-plot=matrix] .save button")}
    for name, ending in (("SVG", "svg"), ("PNG", "png"), ("CSV", "csv")):
        buttons[name].click()
        file = browser.downloads / f"who-talks-to-whom.{ending}"
        wait_until(lambda file=file: file.exists() and file.stat().st_size > 0, ending)  # type: ignore[misc]
    drawn = (browser.downloads / "who-talks-to-whom.svg").read_text("utf-8")
    assert drawn.startswith("<svg")
    assert "rgb(" in drawn, "its colours are written into it"
    width, height = struct.unpack(">II", (browser.downloads / "who-talks-to-whom.png").read_bytes()[16:24])
    assert width > 600
    assert height > 400
    rows = list(csv.reader((browser.downloads / "who-talks-to-whom.csv").open(encoding="utf-8", newline="")))
    assert rows[0] == ["a", "b", "contacts", "last", "modes"]
    browser.open("/contacts")
    next(link for link in browser.all("p.filters a") if link.text == "Calendar").click()
    wait_until((browser.downloads / "contacts.ics").exists, "the calendar")
    assert browser.complaints() == []


def test_dark_is_kept_and_follows_the_system(opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    browser.prefers("dark")
    browser.open("/")
    paper = "return getComputedStyle(document.documentElement).backgroundColor"
    dark = browser.run(paper)
    browser.picture("front-dark")
    browser.one("#theme").click()
    light = browser.run(paper)
    assert light != dark
    browser.open("/plots")
    assert browser.run(paper) == light, "the choice is kept"
    browser.run("localStorage.clear()")
    browser.open("/plots?days=365")
    assert browser.run(paper) == dark
    browser.picture("plots-dark", whole=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_bars_a_reader(theme: str, opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    browser.prefers(theme)
    browser.open("/contacts?leader=modi")
    story = browser.one(".card .open").get_attribute("href") or ""
    found = {}
    for page in (*PAGES, story.removeprefix(browser.base), "/pair/donald-trump/narendra-modi", "/post?key=jsonl:envoy/1", "/nowhere"):
        browser.open(page)
        if barriers := browser.barriers():
            found[page] = barriers[:6]
    assert found == {}


def test_at_phone_width_nothing_is_wider_than_the_phone(opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    browser.size(*PHONE)
    wide = {}
    for page in (*PAGES, "/pair/donald-trump/narendra-modi", "/contacts?q=Sheikh", "/contacts?country=EG"):
        browser.size(*PHONE)
        browser.open(page)
        excess = browser.run("return document.documentElement.scrollWidth - innerWidth")
        if excess > 0:
            wide[page] = excess
        browser.picture(f"phone{page.partition('?')[0].replace('/', '-')}")
    assert wide == {}


def test_long_names_right_to_left_and_hostile_posts_look_as_they_should(opened: Callable[[str], Path], browser: Browser) -> None:
    opened("full")
    for name, page in (("right-to-left", "/search?account=jsonl:cairo"), ("long-names", "/search?q=Sheikh"), ("egypt", "/leader/EG")):
        browser.open(page)
        browser.picture(name)
    browser.open("/search?account=jsonl:cairo")
    assert browser.run("return getComputedStyle(document.querySelector('.said-text')).direction") == "rtl"
    opened("hostile")
    for page in ("/", "/contact/evil", "/judge", "/judge?queue=near", "/accounts", "/plots", "/search", "/leaders", "/quality"):
        browser.open(page)
        assert browser.all("hotline-canary") == []
        assert browser.run("return document.documentElement.scrollWidth - innerWidth") <= 0, page
        browser.picture(f"hostile{page.partition('?')[0].replace('/', '-')}")
    assert browser.complaints() == [], "no script of a post was even tried"
