"""What reading X costs: counted by the UTC day as X bills it, warned of at 80 %, stopped before the limit.

A post or user read twice on one day is billed once, so ids are remembered for the day. The count is a cursor row, stored
with the posts that it counts: after a crash, what was read and not stored is read again on the same day for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from monitor.model import Notice, Outcome
from monitor.sources.shaping import mapping
from monitor.sources.x_asking import LARGEST, SMALLEST

ROW = "budget"
WARNED_AT = 0.8
PRICE = 0.005
"""Dollars a post (X's price list of August 2026)."""
USER_PRICE = 2.0
"""A user costs as much as two posts (the same list)."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One UTC day's use."""

    day: str = ""
    posts: int = 0
    users: int = 0
    dollars: float = 0.0

    def share(self, posts: int, dollars: float) -> float:
        """Of the limit that is nearer."""
        return max(self.posts / posts, self.dollars / dollars)


def read_spent(row: str | None) -> Spent:
    """The count as stored; nothing where there is none."""
    try:
        told = mapping(json.loads(row or ""))
        day, posts, users, dollars = told.get("day"), told.get("posts"), told.get("users"), told.get("dollars")
        return Spent(str(day), int(posts or 0), int(users or 0), float(dollars or 0.0))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return Spent()


class Budget:
    """Today's count, and the limits. `price` is dollars a post."""

    def __init__(self, posts: int, dollars: float, price: float) -> None:
        self._posts, self._dollars, self._price = posts, dollars, price
        self._spent = Spent()
        self._loaded = False
        self._seen: set[str] = set()
        self._told = ""

    def load(self, row: str | None, now: datetime) -> None:
        """Take up the stored count, once, and begin anew each day."""
        if not self._loaded:
            before, stored = self._spent, read_spent(row)
            self._loaded, self._spent = True, stored
            if stored.day == now.date().isoformat():  # what was read before the row was known counts as well
                self._add(before.posts, before.users, before.dollars)
        if self._spent.day != now.date().isoformat():
            self._spent, self._seen = Spent(now.date().isoformat()), set()

    def read_posts(self, ids: Iterable[str]) -> None:
        """These posts were in an answer."""
        fresh = set(ids) - self._seen
        self._seen |= fresh
        self._add(posts=len(fresh), dollars=len(fresh) * self._price)

    def paid_users(self, ids: Iterable[str]) -> None:
        """These users were read, and counted, today before a restart."""
        self._seen |= {f"@{native}" for native in ids}

    def read_users(self, ids: Iterable[str]) -> None:
        """These users were in an answer."""
        fresh = {f"@{native}" for native in ids} - self._seen
        self._seen |= fresh
        self._add(users=len(fresh), dollars=len(fresh) * self._price * USER_PRICE)

    def _add(self, posts: int = 0, users: int = 0, dollars: float = 0.0) -> None:
        spent = self._spent
        self._spent = replace(
            spent, posts=spent.posts + posts, users=spent.users + users, dollars=round(spent.dollars + dollars, 6)
        )

    @property
    def spent(self) -> Spent:
        return self._spent

    def row(self) -> str:
        """The count as it is stored."""
        spent = self.spent
        return json.dumps({"day": spent.day, "posts": spent.posts, "users": spent.users, "dollars": spent.dollars})

    @property
    def left(self) -> int:
        """Posts that may still be read today."""
        posts = self._posts - self.spent.posts
        return min(posts, int((self._dollars - self.spent.dollars + 1e-9) / self._price)) if self._price else posts

    def most(self) -> int:
        """How many posts the next answer may have: half of what is left, for an answer may include quoted posts besides."""
        return max(SMALLEST, min(LARGEST, self.left // 2))

    def over(self, now: datetime) -> Outcome | None:
        """That nothing more is read today; None while there is room for the smallest answer."""
        if self.left >= SMALLEST:
            return None
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
        words = f"{self._in_words()}: nothing more is read before 00:00 UTC; raise budget_posts_per_day and budget_dollars_per_day under [sources.x] if that is too soon"
        return Outcome("out_of_credit", words, midnight, of_source=True)

    def notices(self) -> tuple[Notice, ...]:
        """What the operator should hear, once a day: that most is used, and on a new day that it is over."""
        low = self.spent.share(self._posts, self._dollars) >= WARNED_AT
        state = f"{self.spent.day} {low}"
        if self._told == state:
            return ()
        self._told = state
        words = (
            f"X: {self._in_words()}; at the limit reading stops until 00:00 UTC." if low else "X: the day's budget is open again."
        )
        return (Notice("budget:x", "budget_low", words, resolved=not low),)

    def _in_words(self) -> str:
        spent = self.spent
        return f"{spent.posts:,} of {self._posts:,} posts and ${spent.dollars:.2f} of ${self._dollars:.2f} of today's budget are used"
