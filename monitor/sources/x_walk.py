"""Reading posts of X back to where they were read before: searches, timelines, and pages that break off and go on.

`since_id` stays fixed while a walk is under way; rows move with its last page, and every page is handed over with the
row from which the walk goes on. What is handed over is stored before the next page is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.http import Unfetched
from monitor.model import Outcome, OutcomeKind, Page, Post
from monitor.sources.offloop import off_loop
from monitor.sources.shaping import mapping, sequence, skipped
from monitor.sources.x_api import Api, LostPlace, SourceWide
from monitor.sources.x_asking import Generation, Question, search, timeline
from monitor.sources.x_budget import ROW, Budget
from monitor.sources.x_posts import Member, Read, read_page
from monitor.sources.x_window import MARGIN, UNSEEN, Window, asked, behind, covered, finished, id_at, read, window_row, write

PROBLEMS: Mapping[str, tuple[OutcomeKind, str]] = {
    "resource-not-found": ("gone", "X knows no such account any more"),
    "not-authorized-for-resource": ("blocked", "the account is suspended, or shows its posts only to its followers"),
}
MANY = 20
"""Posts from which on they are parsed off the event loop."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How posts are asked for, as configured."""

    names: Generation
    replies: bool
    reposts: bool
    max_pages: int


@dataclass(frozen=True, slots=True)
class Target:
    """Whose posts are walked through together, and by which question: a search in these words, or (None) one timeline."""

    members: tuple[Member, ...]
    words: str | None
    others: bool = False  # a list may hold people who are nobody's account

    @property
    def ids(self) -> list[str]:
        return [member.identity.id for member in self.members]

    @property
    def row(self) -> str:
        return window_row(self.words if self.words is not None else f"timeline {self.ids[0]}")

    def question(self, manner: Manner, since: int, token: str | None, most: int) -> Question:
        if self.words is not None:
            return search(self.words, manner.names, since or None, token, most)
        return timeline(self.ids[0], manner.names, since or None, token, most, replies=manner.replies, reposts=manner.reposts)


class Walker:
    """Walks, counting what it costs. `rows` are the cursor rows as they stand, brought up with every page handed over."""

    def __init__(self, api: Api, budget: Budget, manner: Manner) -> None:
        self._api, self._budget, self._manner = api, budget, manner
        self._swept: set[str] = set()  # posts of unnamed authors that timelines were already read for

    async def read(self, target: Target, question: Question, now: datetime) -> Read:
        """One answer, counted. Unfetched if there is none, or if the budget does not allow it."""
        if (over := self._budget.over(now)) is not None:
            raise SourceWide(over)
        body = await self._api.ask(question, now)
        members = {member.identity.id: member for member in target.members}
        only = target.members[0] if target.words is None or (len(members) == 1 and not target.others) else None

        def parse() -> Read:
            return read_page(body, members, now, only, others=target.others)

        found = await off_loop(parse) if len(sequence(mapping(body).get("data"))) > MANY else parse()
        self._budget.read_posts(found.billed)
        if target.words is None and found.problem and not found.billed:
            raise Unfetched(*PROBLEMS.get(found.problem, ("bad_content", f"X says: {found.problem}")), status=404)
        return found

    async def baseline(self, target: Target, rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        """The first sight of these accounts: one small page, for the log alone; reading goes on from its newest."""
        found = await self.read(target, target.question(self._manner, 0, None, 10), now)
        window = Window(0, found.newest or id_at(now - UNSEEN))
        firsts = frozenset(member.account.key for member in target.members)
        page = self._page(target, found, finished(window, rows, target.ids), rows)
        yield replace(page, baseline=firsts)

    async def walk(self, target: Target, rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        """Everything since the rows, or the rest of a walk that broke off. LostPlace if that cannot be gone on with."""
        window = read(rows.get(target.row)) or Window(asked(covered(rows, target.ids), now), 0)
        for _ in range(self._manner.max_pages):
            question = target.question(self._manner, window.since, window.token, self._budget.most())
            found = await self.read(target, question, now)
            window = Window(window.since, max(window.newest, found.newest), found.token)
            if not found.nameless <= self._swept:
                async for page in self._sweep(target, found, rows, now):
                    yield page
                return
            if found.token is None:
                done = finished(window, rows, target.ids) | ({target.row: None} if target.row in rows else {})
                yield self._page(target, found, done, rows)
                return
            yield self._page(target, found, {target.row: write(window)}, rows)

    async def _sweep(self, target: Target, found: Read, rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        """The answer names no authors: each account's own timeline tells whose these posts are, and all of them."""
        async for page in self.each(target.members, rows, now):
            yield page
        self._swept |= found.nameless
        if target.row in rows:
            yield self._page(target, None, {target.row: None}, rows)

    async def each(self, members: Sequence[Member], rows: dict[str, str], now: datetime) -> AsyncIterator[Page]:
        """The timelines of these accounts, one by one: what search cannot do. One that fails costs no other; a limit or the
        budget ends it, and what was not reached is still where it was.
        """
        for place, member in enumerate(members):
            target = Target((member,), None)
            try:
                async for page in self.walk(target, rows, now):
                    yield page
                if target.row not in rows and behind(covered(rows, target.ids), now):
                    # Not broken off, so read up to now, whatever was found: search may go on from here.
                    yield self._page(target, None, finished(Window(0, id_at(now - MARGIN)), rows, target.ids), rows)
            except LostPlace as lost:
                yield self._page(target, None, {target.row: None}, rows, lost.outcome)
            except Unfetched as failure:
                if isinstance(failure, SourceWide) or failure.status in (None, 429):
                    yield Page("x", {left.account.key: failure.outcome for left in members[place:]})
                    raise
                yield Page("x", {member.account.key: failure.outcome})

    async def moved_on(self, target: Target, offered: int, rows: dict[str, str]) -> AsyncIterator[Page]:
        """After timelines were read in place of a search: its broken-off walk is over, and where a timeline could not be read
        either, search goes on from the id that X offered.
        """
        changed: dict[str, str | None] = {**finished(Window(0, offered), rows, target.ids)}
        if target.words is not None and target.row in rows:
            changed[target.row] = None
        if changed:
            yield self._page(replace(target, members=()), None, changed, rows)

    def _page(
        self,
        target: Target,
        found: Read | None,
        cursors: Mapping[str, str | None],
        rows: dict[str, str],
        outcome: Outcome | None = None,
    ) -> Page:
        posts: Sequence[Post] = tuple(reversed(found.posts)) if found is not None else ()
        told = outcome or Outcome("ok", skipped(found.odd) if found is not None else "")
        changed = dict(cursors)
        if self._budget.row() != rows.get(ROW) and (posts or changed):
            changed[ROW] = self._budget.row()
        for key, value in changed.items():
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        outcomes = {member.account.key: told for member in target.members}
        return Page("x", outcomes, tuple(posts), changed, notices=self._budget.notices())
