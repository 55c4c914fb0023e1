"""What polling knows without asking the log: cursors, posts seen, accounts. The log is right where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.model import Account, Identity, Page, Post
from monitor.sources import Source
from monitor.store import AccountRow, Store

LOADED, MOST = 200, 1000
"""Posts an account whose revisions are known at the start, and the most remembered while running."""


class Memory:
    """Filters pages down to what is new. Changed only by what is stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.accounts: dict[str, Account] = {}
        self.cursors: dict[str, dict[str, str]] = {}
        self._known: dict[str, dict[tuple[str, str], None]] = {}
        self._identities: dict[str, Identity] = {}
        self._polled: set[str] = set()

    async def load(self, accounts: Sequence[Account], rows: Mapping[str, AccountRow], sources: Mapping[str, Source]) -> None:
        """Take up these accounts, by the pins of `rows`."""
        self.accounts = {account.key: account for account in accounts}
        self._polled = {key for key, row in rows.items() if row.polled}
        for name in sources:
            if name not in self.cursors:
                self.cursors[name] = await self._store.cursors(name)
        for key in self.accounts:
            if key not in self._known:
                self._known[key] = dict.fromkeys(await self._store.known(key, LOADED)) if key in self._polled else {}
        self._known = {key: self._known[key] for key in self.accounts}

    def news(self, page: Page) -> Page:
        """The page without what is known."""
        posts = tuple(post for post in page.posts if (post.key, post.version) not in self._known.get(post.account, {}))
        mine = self.cursors.get(page.source, {})
        cursors = {key: value for key, value in page.cursors.items() if mine.get(key) != value}
        identities = {key: value for key, value in page.identities.items() if self._identities.get(key) != value}
        if len(posts) == len(page.posts) and len(cursors) == len(page.cursors) and len(identities) == len(page.identities):
            return page
        return replace(page, posts=posts, cursors=cursors, identities=identities)

    def first_success(self, page: Page) -> bool:
        """Whether an account of the page was read well for the first time: worth a row even without a post."""
        return any(outcome.fine and key not in self._polled for key, outcome in page.outcomes.items())

    def stored(self, page: Page) -> None:
        """The page is in the log."""
        for post in page.posts:
            self._remember(post)
        mine = self.cursors.setdefault(page.source, {})
        for key, value in page.cursors.items():
            if value is None:
                mine.pop(key, None)
            else:
                mine[key] = value
        self._identities |= page.identities
        self._polled |= {key for key, outcome in page.outcomes.items() if outcome.fine}

    def _remember(self, post: Post) -> None:
        known = self._known.setdefault(post.account, {})
        known[post.key, post.version] = None
        while len(known) > MOST:
            del known[next(iter(known))]
