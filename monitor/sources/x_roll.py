"""Who the accounts are: names and ids of X compared, at start and weekly, before anything is read.

Names change hands, and a pinned id may be a stranger's: an account is read only while its name and its id belong
together. Once they did, a new name for the same id is a rename: it is told, and the account is read on by its id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.http import Unfetched
from monitor.model import Account, Identity, Outcome
from monitor.sources.x_api import Api
from monitor.sources.x_asking import USERS, list_members, users, users_by
from monitor.sources.x_budget import Budget
from monitor.sources.x_posts import Member, User, read_users

WEEKLY, DAILY = timedelta(days=7), timedelta(days=1)
"""How long it holds that all is well, and that something is not."""
LIST_PAGES = 10
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")


@dataclass(frozen=True, slots=True)
class Roll:
    """What a look-up found. `outcomes` are those of accounts that are not to be read."""

    at: datetime
    again: datetime  # when those that are not read were looked up last
    members: tuple[Member, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    identities: Mapping[str, Identity] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()  # ids of the list's members, where the accounts share one

    def stale(self, accounts: Sequence[Account], now: datetime) -> list[Account]:
        """Which of the accounts are to be looked up again: all weekly, daily those that are not read."""
        if now - self.at >= WEEKLY:
            return list(accounts)
        return [account for account in accounts if account.key in self.outcomes] if now - self.again >= DAILY else []

    def joined(self, newer: Roll) -> Roll:
        """With some accounts looked up anew."""
        outcomes = {key: value for key, value in self.outcomes.items() if key not in newer.identities}
        members = (*self.members, *newer.members)
        return replace(self, again=newer.again, members=members, outcomes={**outcomes, **newer.outcomes})


def bare(account: Account) -> str:
    """The handle as X writes it."""
    return account.handle.removeprefix("@")


def name_row(account: Account) -> str:
    """Key of the row that keeps which id this name was last seen to belong to, and on which day (UTC) that was looked up."""
    return f"name:{bare(account).lower()}"


async def look(
    api: Api, budget: Budget, accounts: Sequence[Account], rows: Mapping[str, str], native_list: str | None, now: datetime
) -> Roll:
    """Compare names and ids. Unfetched if X does not answer."""
    before = {account.key: rows.get(name_row(account), "").partition(" ") for account in accounts}
    accounts = [replace(account, id=account.id or before[account.key][0] or None) for account in accounts]
    today = now.date().isoformat()
    budget.paid_users(native for native, _, day in before.values() if day == today)
    well = [account for account in accounts if _HANDLE.fullmatch(bare(account))]
    by_name, why = await _by_name(api, budget, [bare(account) for account in well], now)
    nameless = [account.id for account in well if account.id and account.id.isdecimal() and bare(account).lower() not in by_name]
    by_id = await _by_id(api, budget, nameless, now)
    members: list[Member] = []
    outcomes: dict[str, Outcome] = {}
    identities: dict[str, Identity] = {}
    known: dict[str, str] = {}
    for account in accounts:
        name = bare(account).lower()
        user, outcome = judge(
            account, by_name.get(name), by_id.get(account.id or ""), why.get(name, ""), before[account.key][0]
        )
        if user is not None:
            identities[account.key] = user.identity
        if outcome is not None:
            outcomes[account.key] = outcome
        elif user is not None:
            members.append(Member(account, user.identity))
            known[name_row(account)] = f"{user.identity.id} {today}"
    listed = await _listed(api, budget, native_list, now) if native_list else frozenset[str]()
    return Roll(now, now, tuple(members), outcomes, identities, known, listed)


def judge(
    account: Account, named: User | None, pinned: User | None, why: str, before: str | None
) -> tuple[User | None, Outcome | None]:
    """Who an account is, and why it is not to be read (None: it is). `named` has its handle, `pinned` its id; `before` is the
    id that the handle was last seen to belong to.
    """
    handle = bare(account)
    if not _HANDLE.fullmatch(handle):
        return None, Outcome("gone", f"{account.handle} is no X handle: letters, digits and _ only, at most 15")
    if named is not None and account.id in (None, named.identity.id):
        locked = Outcome("blocked", f"@{handle} shows its posts only to its followers")
        return named, locked if named.protected else None
    if named is not None:
        words = f"@{handle} now belongs to {named.identity.id}, pinned is {account.id}: it is not read until that is cleared up"
        return named, Outcome("moved", words)
    if pinned is not None and before == account.id:
        return pinned, None
    if pinned is not None:
        words = f"the pinned id {account.id} is @{pinned.identity.handle}, not @{handle}: it is not read; correct handle or id"
        return None, Outcome("moved", words)
    return None, Outcome("gone", f"@{handle} is suspended" if why == "suspended" else f"X knows no @{handle}: check its spelling")


async def _by_name(api: Api, budget: Budget, handles: Sequence[str], now: datetime) -> tuple[dict[str, User], dict[str, str]]:
    found: dict[str, User] = {}
    why: dict[str, str] = {}
    for start in range(0, len(handles), USERS):
        there, problems = read_users(await api.ask(users_by(handles[start : start + USERS]), now))
        budget.read_users(user.identity.id for user in there)
        found |= {user.identity.handle.lower(): user for user in there}
        why |= problems
    return found, why


async def _by_id(api: Api, budget: Budget, ids: Sequence[str], now: datetime) -> dict[str, User]:
    found: dict[str, User] = {}
    for start in range(0, len(ids), USERS):
        there, _ = read_users(await api.ask(users(ids[start : start + USERS]), now))
        budget.read_users(user.identity.id for user in there)
        found |= {user.identity.id: user for user in there}
    return found


async def _listed(api: Api, budget: Budget, native: str, now: datetime) -> frozenset[str]:
    """Ids of the members of a list: an account that is not among them would be silent for ever."""
    found: set[str] = set()
    token: str | None = None
    for _ in range(LIST_PAGES):
        try:
            body = await api.ask(list_members(native, token), now)
        except Unfetched as failure:
            if failure.status != 404:
                raise
            break  # no such list: its accounts are read one by one
        there, _problems = read_users(body)
        budget.read_users(user.identity.id for user in there)
        found |= {user.identity.id for user in there}
        meta = body.get("meta") if isinstance(body, dict) else None
        token = meta.get("next_token") if isinstance(meta, dict) else None
        if not isinstance(token, str) or not token:
            break
    return frozenset(found)
