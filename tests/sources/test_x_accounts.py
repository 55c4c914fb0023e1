"""What the command line shows of X: what each account costs, and what was spent."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from monitor.cli import hotline
from monitor.model import Account, Outcome, Page, Post
from monitor.sources.x_budget import ROW, Budget
from monitor.store import HealthRow, Store
from tests.sources.x_site import NOW

CONFIG = """
[database]
path = "log.db"
[channels.console]
type = "console"
[sources.x]
token = { env = "X_TOKEN" }
price_per_post = 0.01
[[account]]
source = "x"
handle = "PMOIndia"
[[account]]
source = "jsonl"
handle = "india"
"""


async def fill(path: Path) -> None:
    store = await Store.open(path, run="r", clock=lambda: NOW)
    budget = Budget(100, 10.0, 0.01)
    budget.load(None, NOW)
    budget.read_posts(["1", "2", "3"])
    budget.read_users(["7"])
    post = Post("x:1", "1", "x:PMOIndia", {"text": "We spoke."}, NOW)
    await store.sync_accounts([Account("x", "PMOIndia"), Account("jsonl", "india")], NOW)
    await store.save_page(Page("x", {"x:PMOIndia": Outcome("ok")}, (post,), {ROW: budget.row()}), NOW)
    day = timedelta(days=1).total_seconds()
    await store.flush_health([HealthRow("x:PMOIndia", NOW, NOW, NOW, day / 10, 0, "ok", None)], [], NOW)
    await store.close()


def test_the_list_of_accounts_shows_what_x_costs(tmp_path: Path) -> None:
    place = tmp_path / "config.toml"
    place.write_text(CONFIG)
    asyncio.run(fill(tmp_path / "log.db"))
    shown = CliRunner().invoke(hotline, ["--config", str(place), "accounts"], env={"COLUMNS": "250"})
    assert shown.exit_code == 0, shown.output
    assert "3 posts and 1 users read, $0.05" in shown.output
    assert "$3.00 a month" in shown.output
    rows = json.loads(CliRunner().invoke(hotline, ["--config", str(place), "accounts", "--json"]).output)
    assert {row["account"]: row["dollars_a_month"] for row in rows} == {"x:PMOIndia": 3.0, "jsonl:india": 0.0}
