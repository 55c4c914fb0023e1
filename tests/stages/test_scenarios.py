"""The scenarios of `tests/correlate` that edit, delete, merge, split, wait or begin silently, through the real store and stages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.compose import Cause
from monitor.contacts import Change
from monitor.decision import Decision, Reader, Work
from monitor.model import Account, Finding, Outcome, Page, Post
from monitor.stages.news import Newsroom
from tests.correlate.scenario import DAY_ONE, Play
from tests.correlate.scenario import account as account_of
from tests.correlate.test_many_and_marks import TABLES as MARKS
from tests.correlate.test_over_time import TABLES as OVER_TIME
from tests.stages.newsbed import Bed, bed

WANTED = re.compile(r"\b(edit|delete|merge|split|retract|due|baseline)\b|&")
TABLES = {name: table for name, table in {**MARKS, **OVER_TIME}.items() if WANTED.search(table)}


@dataclass(frozen=True, slots=True)
class Recording(Newsroom):
    """A newsroom that notes what it decided."""

    made: list[Change] = field(default_factory=list)

    def decision(
        self, changes: Sequence[Change], reader: Reader, now: datetime, cause: Cause | None = None, work: Work | None = None
    ) -> Decision:
        self.made.extend(changes)
        return Newsroom.decision(self, changes, reader, now, cause, work)


@dataclass
class Staged(Play):
    """A scenario on a bed instead of a book."""

    on: Bed | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    sent: dict[str, tuple[Account, int]] = field(default_factory=dict)

    async def stage(self, text: str) -> list[str]:
        words = text.split()
        name = words.pop(0).rstrip(":") if words[0].endswith(":") and not words[0][0].isdigit() else f"P{len(self.sent) + 1}"
        if words[0][0] == "d" and words[0][1:].isdigit():
            self.day = int(words.pop(0)[1:])
        hour, minute = map(int, words.pop(0).split(":"))
        assert self.on is not None
        self.on.now = DAY_ONE + timedelta(days=self.day - 1, hours=hour, minutes=minute)
        newsroom = Recording(self.on.newsroom.follow, self.on.newsroom.desk, self.on.rules)
        await self.act(words, name, newsroom)
        for change in newsroom.made:
            self.labels.setdefault(change.after.id, chr(ord("A") + len(self.labels)))
        return [self.shown(c) for c in newsroom.made]

    async def act(self, words: list[str], name: str, newsroom: Recording) -> None:
        assert self.on is not None
        b, verb = self.on, words[0]
        watch = replace(b.watch(), newsroom=newsroom)
        if verb in ("due", "merge", "split", "retract"):
            if verb == "merge":
                await b.store.add_act("merge", self.id_of(words[1]), {"with": self.id_of(words[2])}, "ann", b.now)
            elif verb == "split":
                await b.store.add_act("split", self.id_of(words[1]), {"posts": [f"test/{n}" for n in words[2:]]}, "ann", b.now)
            elif verb == "retract":
                await b.store.add_act("retract", self.id_of(words[1]), {}, "ann", b.now)
            await watch.run()
            return
        await self.post_on(words, name, b)
        await replace(b.triage(), newsroom=newsroom).run()

    async def post_on(self, words: list[str], name: str, b: Bed) -> None:
        verb = words[0]
        again = verb in ("delete", "edit")
        name = words[1] if again else name
        who, version = self.sent[name] if again else (account_of(words[0]), 0)
        said = words[2:] if verb == "edit" else [] if verb == "delete" else words[1:]
        options = dict(w.split("=", 1) for w in said if "=" in w and w[0] not in "+&")
        if who.key not in self.accounts:
            self.accounts[who.key] = who
            await b.store.sync_accounts(list(self.accounts.values()), b.now)
        text = f"{name} {version + 1}"
        b.script.findings[text] = self.finding(said, options, b.now) if said else Finding(False, 0.1, "no", "other")
        at = self.moment(options["at"], b.now) if "at" in options else b.now
        parts = {"text": text} if verb != "delete" else {}
        post = Post(f"test/{name}", str(version + 1), who.key, parts, b.now, at, deleted=verb == "delete")  # type: ignore[arg-type]
        first = frozenset([who.key] if options.get("origin") == "baseline" else [])
        self.sent[name] = who, version + 1
        await b.store.save_page(Page("test", {who.key: Outcome("ok")}, (post,), baseline=first), b.now)


@pytest.mark.parametrize("name", TABLES)
async def test_the_store_keeps_the_story(name: str, tmp_path: Path) -> None:
    async with bed(tmp_path) as b:
        run = Staged(on=b)
        for raw in TABLES[name].strip().splitlines():
            line = raw.split("#")[0].strip()
            if line and not line.startswith("="):
                text, _, expected = line.partition("->")
                wanted = sorted(e.strip() for e in expected.split(";") if e.strip() != "none")
                got = [change for change in await run.stage(text) if change in wanted or change.split()[1] != "overdue"]
                assert sorted(got) == wanted, f"{line}\n  came to {got}"  # time passes for acts as well: a readout may be overdue
