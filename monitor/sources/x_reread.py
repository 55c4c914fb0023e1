"""Posts of X looked at again by id: edited, gone, or as they were.

An edit has an id of its own, which the history of the earlier version names: it is asked for then. What X says does not
exist is deleted, once it has said so twice; what it will not show (protected, suspended, withheld) is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.model import Account, Post
from monitor.sources.x_api import Api
from monitor.sources.x_asking import POSTS, Generation, posts
from monitor.sources.x_budget import Budget
from monitor.sources.x_posts import Member, Read, read_page

MISSES = 2
"""So many times in a row a post must be missing: one miss may be a machine that lags."""


class Rereader:
    """Looks again, and remembers what was missing the last time."""

    def __init__(self, api: Api, budget: Budget, names: Generation) -> None:
        self._api, self._budget, self._names = api, budget, names
        self._missed: dict[str, int] = {}

    async def read(self, keys: Sequence[str], member: Member, now: datetime) -> list[Post]:
        """Unfetched if X does not answer."""
        found: list[Post] = []
        for start in range(0, len(keys), POSTS):
            ids = [native for key in keys[start : start + POSTS] if (native := key.partition(":")[2]).isdecimal()]
            if not ids or self._budget.over(now) is not None:
                continue
            page = await self._ask(ids, member, now)
            found += [post for post in page.posts if post.version not in page.latest]
            if page.latest:
                edits = await self._ask(sorted(set(page.latest.values())), member, now)
                found += edits.posts
            self._missed = {key: count for key, count in self._missed.items() if key.partition(":")[2] not in set(ids) - page.gone}
            found += [gone for native in ids if native in page.gone and (gone := self._missing(f"x:{native}", member.account, now))]
        return found

    def _missing(self, key: str, account: Account, now: datetime) -> Post | None:
        self._missed[key] = self._missed.get(key, 0) + 1
        if self._missed[key] < MISSES:
            return None
        return Post(key, "deleted", account.key, {}, now, deleted=True)

    async def _ask(self, ids: Sequence[str], member: Member, now: datetime) -> Read:
        body = await self._api.ask(posts(ids, self._names), now)
        found = read_page(body, {member.identity.id: member} if member.identity.id else {}, now, member)
        self._budget.read_posts(found.billed)
        return found
