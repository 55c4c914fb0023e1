"""Holds the floors and the laws of the house, and proves on made-up trees that each rule can fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import house, house_code

ROOT = Path(__file__).resolve().parent.parent

RULES: Mapping[str, Callable[[Path], list[str]]] = {
    "every room has a floor": house.rooms_without_floor,
    "imports point down": house.imports_pointing_up,
    "siblings do not see each other": house.siblings_seeing_each_other,
    "packages are in their rooms": house.packages_out_of_place,
    "files are short": house_code.long_files,
    "functions are short": house_code.long_functions,
    "every file says what it is for": house_code.files_without_docstring,
    "only daemon and cli read the clock": house_code.clocks_out_of_place,
    "nothing dangerous is called": house_code.dangerous_calls,
    "patterns are linear": house_code.risky_patterns,
    "SQL is in the store": house_code.sql_out_of_place,
}


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule: str) -> None:
    wrong = RULES[rule](ROOT)
    assert not wrong, "\n".join(["", *wrong])


REGISTRY = {
    "monitor/sources/__init__.py": "def sources():\n    from monitor.sources.bluesky import B\n    from monitor.sources.feed import F\n",
    "monitor/channels/__init__.py": "class DeliveryError: ...\ndef channels():\n    from monitor.channels.slack import S\n",
}
RULE_BREAKERS = [
    ("every room has a floor", "monitor/gizmo.py", "", "`gizmo` has no floor"),
    ("imports point down", "monitor/model.py", "from monitor.leaders import Registry", "siblings of floor 0"),
    ("imports point down", "monitor/leaders/load.py", "import monitor.match", "floor 0 may not look up to floor 1"),
    ("imports point down", "monitor/match/__init__.py", "from monitor import config", "siblings of floor 1"),
    ("imports point down", "monitor/match/__init__.py", "from monitor.store import Store", "floor 1 may not look up"),
    ("imports point down", "monitor/sources/feed.py", "from monitor.store import Store", "siblings of floor 2"),
    ("imports point down", "monitor/store/posts.py", "from monitor.http import client", "siblings of floor 2"),
    ("imports point down", "monitor/store/posts.py", "def f():\n    from monitor.daemon import x", "may not look up to floor 4"),
    ("imports point down", "monitor/stages/poll.py", "from monitor.sources.bluesky import B", "sees only the contract"),
    ("imports point down", "monitor/stages/poll.py", "from monitor.sources import sources", "sees only the contract"),
    ("imports point down", "monitor/stages/poll.py", "from monitor.http import client", "as an argument"),
    ("imports point down", "monitor/daemon.py", "from monitor.cli import main", "may not look up to floor 5"),
    ("imports point down", "monitor/daemon.py", "import bot", "may not look up to floor 5"),
    ("imports point down", "monitor/daemon.py", "import monitor.review", "only the command line"),
    ("imports point down", "monitor/review/app.py", "from monitor.channels import channels", "does not see"),
    ("siblings do not see each other", "monitor/sources/feed.py", "from monitor.sources.bluesky import B", "do not import each other"),
    ("siblings do not see each other", "monitor/sources/feed.py", "from monitor.sources import bluesky", "do not import each other"),
    ("siblings do not see each other", "monitor/sources/feed_xml.py", "import monitor.sources.bluesky_posts", "`bluesky_posts` of `sources.bluesky`"),
    ("siblings do not see each other", "monitor/sources/pages.py", "from monitor.sources.feed import F", "do not import each other"),
    ("siblings do not see each other", "monitor/stages/poll.py", "import monitor.stages.deliver", "do not import each other"),
    ("packages are in their rooms", "monitor/model.py", "import pydantic", "`pydantic` is not a package of this room"),
    ("packages are in their rooms", "monitor/sources/feed.py", "import atproto", "allowed: feedparser, httpx, pydantic"),
    ("packages are in their rooms", "monitor/correlate.py", "import logging", "pure rooms take"),
    ("packages are in their rooms", "monitor/match/a.py", "from urllib import request", "pure rooms take"),
    ("packages are in their rooms", "monitor/cli/log.py", "import sqlite3", "ask the store"),
    ("packages are in their rooms", "monitor/http/a.py", "import pickle", "hostile input"),
    ("packages are in their rooms", "monitor/sources/feed.py", "from xml.etree import ElementTree", "hostile input"),
    ("files are short", "monitor/model.py", "x = 1\n" * 351, "351 lines"),
    ("files are short", "tests/test_x.py", "x = 1\n" * 351, "351 lines"),
    ("functions are short", "monitor/model.py", "def f():\n" + "    x = 1\n" * 60, "`f` has 61 lines"),
    ("functions are short", "monitor/model.py", "class C:\n    async def g(self):\n" + "        x = 1\n" * 60, "`g` has 61 lines"),
    ("every file says what it is for", "monitor/model.py", "x = 1", "no module docstring"),
    ("only daemon and cli read the clock", "monitor/stages/poll.py", "from datetime import datetime\nx = datetime.now()", "datetime.now"),
    ("only daemon and cli read the clock", "monitor/stages/poll.py", "import datetime\nf(clock=datetime.datetime.utcnow)", "utcnow"),
    ("only daemon and cli read the clock", "monitor/store/a.py", "import time\ny = time.time()", "time.time"),
    ("only daemon and cli read the clock", "monitor/store/a.py", "from time import time", "from `time`"),
    ("only daemon and cli read the clock", "monitor/store/a.py", "q = \"select strftime('%s', 'now')\"", "SQL reads the clock"),
    ("only daemon and cli read the clock", "monitor/store/0001.sql", "create table t (at text default current_timestamp);", "SQL reads"),
    ("nothing dangerous is called", "monitor/model.py", "eval('1')", "calls `eval`"),
    ("nothing dangerous is called", "monitor/cli/a.py", "import subprocess\nsubprocess.run('x', shell=True)", "through a shell"),
    ("nothing dangerous is called", "monitor/model.py", "def f():\n    raise NotImplementedError('later')", "a stub"),
    ("patterns are linear", "monitor/match/a.py", "import re\nre.compile(r'(a+)+b')", "exponential"),
    ("patterns are linear", "monitor/match/a.py", "import re\nP = r'(?:a|b*)*c'\nre.search(P, 'x')", "exponential"),
    ("patterns are linear", "monitor/route.py", "import re\ndef f(p):\n    return re.compile(p)", "made at run time"),
    ("patterns are linear", "monitor/route.py", "import re\ndef f(p):\n    return re.compile(f'{p}x')", "made at run time"),
    ("patterns are linear", "monitor/route.py", "import re\nA = 'x+'\nB = f'({A})+' + 'y'\nre.compile(B)", "exponential"),
    ("SQL is in the store", "monitor/stages/poll.py", "q = 'select id from posts'", "SQL outside store/"),
    ("SQL is in the store", "monitor/cli/log.py", "q = f'''\n  INSERT INTO acts VALUES ({1})'''", "SQL outside store/"),
]


def _plant(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.mark.parametrize(("rule", "file", "text", "says"), RULE_BREAKERS)
def test_a_broken_rule_is_told_with_file_and_reason(tmp_path: Path, rule: str, file: str, text: str, says: str) -> None:
    _plant(tmp_path, {**REGISTRY, file: text})
    wrong = RULES[rule](tmp_path)
    assert len([line for line in wrong if line.startswith(file) and says in line]) == 1, wrong


GOOD = {
    "bot.py": '"""Entry."""\nfrom monitor.cli import main',
    "monitor/__init__.py": '"""Package."""\n__version__ = "1"',
    "monitor/model.py": '"""Values; select nothing from any table."""\nfrom dataclasses import dataclass',
    "monitor/decision.py": '"""Values."""\nfrom monitor.model import Post',
    "monitor/match/__init__.py": '"""Pure."""\nimport re2\nimport re\nfrom monitor.leaders import Registry\nfrom monitor.match import fold\n'
    "A = re.compile(r'(?:a++b)+ (?>c+)*')\nB = re2.compile(A + 'x')\nC = re.compile(f'<{re.escape(A)}>')",
    "monitor/sources/bluesky/__init__.py": '"""One."""\nimport atproto\nfrom monitor.http import client\nfrom monitor.sources.bluesky import feed\n'
    "from monitor.sources import pages, Source\nfrom xml.sax.saxutils import escape",
    "monitor/sources/feed_xml.py": '"""A part of feed."""\nimport feedparser\nfrom monitor.sources import pages\nfrom monitor.sources.feed import F',
    "monitor/stages/poll.py": '"""Stage."""\nimport time\nfrom monitor.sources import Source\nfrom monitor.channels import DeliveryError\n'
    "from monitor.store import Store\nfrom monitor.stages import base\nt = time.monotonic()",
    "monitor/store/posts.py": '"""SQL."""\nimport sqlite3\nimport sqlite_utils\nq = "select a from posts where at < :now"',
    "monitor/daemon/__init__.py": '"""Daemon."""\nimport apscheduler\nfrom datetime import datetime\nfrom monitor.sources import sources\n'
    "from monitor.config import Config\nnow = datetime.now()",
    "monitor/cli/__init__.py": '"""Commands."""\nimport click\nimport monitor.review\nfrom monitor.daemon import run\n'
    'print("update the config, then select an account from the list")',
    "monitor/review/__init__.py": '"""Desk."""\nimport datasette\nfrom monitor.store import views\nfrom monitor.model import Post\nq = "select 1 from x"',
}


@pytest.mark.parametrize("rule", RULES)
def test_a_tidy_house_is_not_complained_about(tmp_path: Path, rule: str) -> None:
    _plant(tmp_path, {**GOOD, **{name: f'"""Registry."""\n{text}' for name, text in REGISTRY.items()}})
    assert RULES[rule](tmp_path) == []


def test_lock_files_pin_hashes_and_name_no_address() -> None:
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert {path.name for path in locks} >= {"run.lock", "dev.lock"}
    for path in locks:
        text = path.read_text("utf-8")
        pinned = re.split(r"\n(?=\S)", text.strip())
        assert all("==" in block and "--hash=sha256:" in block for block in pinned), f"{path}: a package without a hash; make lock"
        assert "://" not in text, f"{path}: holds an address; make lock"
    packages = (ROOT / "tests/real/atnet/package-lock.json").read_text("utf-8")
    assert '"resolved"' not in packages, "tests/real/atnet/package-lock.json: remove every `resolved`"
