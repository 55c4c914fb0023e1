"""Health of all accounts in memory: counted at every poll, flushed once a minute, told to the operator when it changes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.model import Account, Identity, Notice, Outcome, Page, Post
from monitor.stages.health import Health, changes, standing
from monitor.store import HealthRow, PollCount, Store

log = logging.getLogger("hotline.poll")


class Watchfulness:
    """Keeps `Health` by account, and which notices stand."""

    def __init__(self, store: Store, tell: Callable[[Notice], Awaitable[Any]], doubted: Callable[[], timedelta] = timedelta) -> None:
        """`doubted`: how much of the present time is not believed, so that a clock set forward makes no account silent."""
        self._store, self._tell, self._doubted = store, tell, doubted
        self._accounts: dict[str, Account] = {}
        self._states: dict[str, Health] = {}
        self._standing: dict[str, str] = {}
        self._polls: Counter[tuple[str, datetime, str]] = Counter()
        self._posts: Counter[tuple[str, datetime, str]] = Counter()

    async def load(self, accounts: Sequence[Account], now: datetime) -> None:
        """Take up these accounts; a restart goes on where the log stands."""
        self._accounts = {account.key: account for account in accounts}
        rows = await self._store.health()
        self._standing = await self._store.standing()
        for key in self._accounts:
            if key not in self._states:
                self._states[key] = _from_row(rows.get(key), now)
        self._states = {key: self._states[key] for key in self._accounts}

    def outcome(self, key: str) -> Outcome:
        """What became of the account's last poll."""
        state = self._states.get(key)
        return state.outcome if state is not None else Outcome("ok")

    def state(self, key: str) -> Health | None:
        return self._states.get(key)

    def polled(self, key: str, outcome: Outcome, posts: int, now: datetime) -> None:
        state = self._states.get(key)
        if state is None:
            return
        if not outcome.fine and (state.outcome.kind != outcome.kind or state.failures == 0):
            log.warning("%s", outcome.detail or outcome.kind, extra={"facts": {"account": key, "outcome": outcome.kind}})
        elif outcome.fine and state.failures:
            log.info("well again", extra={"facts": {"account": key, "failures": state.failures}})
        if outcome.fine and outcome.detail and outcome.detail != state.outcome.detail:
            log.warning("%s", outcome.detail, extra={"facts": {"account": key}})
        state.polled(outcome, now)
        at = (key, now.replace(minute=0, second=0, microsecond=0), outcome.kind)
        self._polls[at] += 1
        self._posts[at] += posts

    def posted(self, posts: Sequence[Post]) -> None:
        by_account: dict[str, list[Post]] = {}
        for post in posts:
            by_account.setdefault(post.account, []).append(post)
        for key, mine in by_account.items():
            if (state := self._states.get(key)) is not None:
                state.posted(mine)

    async def identified(self, page: Page, held: Sequence[tuple[str, str]], accounts: Mapping[str, Account]) -> None:
        """Tell of identities that are not what was configured: another id (its posts are held), another handle."""
        why = dict(held)
        for key, identity in page.identities.items():
            account = accounts.get(key)
            if account is None:
                continue
            if key in why:
                words = f"{key}: {why[key]}. Its posts are held back; look who it is, then pin the right id or release it."
                await self._say(Notice(f"identity:{key}", "identity_changed", words))
            elif account.id is None or account.id == identity.id:
                await self._say(Notice(f"identity:{key}", "identity_changed", f"{key} is itself again", resolved=True))
            await self._say(_renamed(account, identity))

    async def heard(self, page: Page) -> None:
        """Pass on what a source has to say to the operator."""
        for notice in page.notices:
            await self._say(notice)

    async def flush(self, now: datetime) -> None:
        """Write what changed, and tell what began or ceased to be worth telling."""
        rows = [_to_row(key, state) for key, state in self._states.items() if state.dirty]
        polls = [
            PollCount(key, hour, kind, count, self._posts[key, hour, kind]) for (key, hour, kind), count in self._polls.items()
        ]
        await self._store.flush_health(rows, polls, now)
        self._polls.clear()
        self._posts.clear()
        for state in self._states.values():
            state.dirty = False
        for notice in changes(self._standing, standing(self._accounts, self._states, now - self._doubted())):
            await self._say(notice)

    async def _say(self, notice: Notice) -> None:
        if notice.resolved != (notice.key in self._standing):
            return  # told already, or never was
        try:
            await self._tell(notice)
        except Exception:
            log.exception("the operator was not told: %s", notice.text)
            return
        if notice.resolved:
            self._standing.pop(notice.key, None)
        else:
            self._standing[notice.key] = notice.kind


def _renamed(account: Account, identity: Identity) -> Notice:
    key = f"handle:{account.key}"
    same = not identity.handle or identity.handle.lower().removeprefix("@") == account.handle.lower().removeprefix("@")
    if same or account.source not in ("bluesky", "x"):
        return Notice(key, "account_renamed", f"{account.key} has its handle again", resolved=True)
    words = f"{account.key} now calls itself {identity.handle}; it is read on by its id {identity.id}. Correct the handle in config.toml."
    return Notice(key, "account_renamed", words)


def _from_row(row: HealthRow | None, now: datetime) -> Health:
    if row is None:
        return Health(since=now)
    return Health(now, row.last_poll, row.last_success, row.last_post, row.usual_gap)


def _to_row(key: str, state: Health) -> HealthRow:
    return HealthRow(
        key,
        state.last_poll,
        state.last_success,
        state.last_post,
        state.usual_gap,
        state.failures,
        state.outcome.kind,
        state.outcome.detail or None,
    )
