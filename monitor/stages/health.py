"""How each account is doing, and what of that the operator should know. Kept in memory; the log gets it once a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import Account, Notice, Outcome, OutcomeKind, Post

UNREACHABLE_AFTER = timedelta(minutes=10)
"""So long without success, and three intervals at least, before the operator hears of it: shorter troubles pass by themselves."""
FIRMLY: frozenset[OutcomeKind] = frozenset({"auth", "out_of_credit", "gone", "moved"})
"""Outcomes that do not pass by themselves; told after two in a row."""
SILENT_TIMES, SILENT_AT_LEAST = 10, timedelta(days=1)
WEIGHT = 0.2
"""Of the newest gap in the smoothed usual gap."""

REMEDY: Mapping[OutcomeKind, str] = {
    "auth": "check the source's token or login",
    "out_of_credit": "top up the plan, or take the account out",
    "gone": "check the handle; the account may have moved or closed",
    "moved": "look up the new address and correct it in config.toml",
    "blocked": "open the page in a browser; the site may have closed its public view",
}


@dataclass(slots=True)
class Health:
    """The state of one account's polling."""

    since: datetime  # watched since
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_post: datetime | None = None
    usual_gap: float | None = None  # seconds
    failures: int = 0
    outcome: Outcome = field(default_factory=lambda: Outcome("ok"))
    dirty: bool = False

    def polled(self, outcome: Outcome, now: datetime) -> None:
        self.last_poll, self.outcome, self.dirty = now, outcome, True
        if outcome.fine:
            self.last_success, self.failures = now, 0
        else:
            self.failures += 1

    def posted(self, posts: Sequence[Post]) -> None:
        """New posts came in: the usual gap follows their dates, whatever order they came in."""
        for at in sorted(post.at for post in posts if not post.deleted):
            if self.last_post is not None and at > self.last_post:
                gap = (at - self.last_post).total_seconds()
                self.usual_gap = gap if self.usual_gap is None else (1 - WEIGHT) * self.usual_gap + WEIGHT * gap
            if self.last_post is None or at > self.last_post:
                self.last_post = at
        self.dirty = True


def unreachable(account: Account, health: Health, now: datetime) -> bool:
    """Whether the operator should know that the account cannot be read."""
    if health.outcome.fine or health.failures < 2:
        return False
    if health.outcome.kind in FIRMLY:
        return True
    patience = max(UNREACHABLE_AFTER, timedelta(seconds=3 * account.every))
    return now - (health.last_success or health.since) >= patience


def silent(health: Health, now: datetime) -> bool:
    """Whether an account that is read well has said nothing for ten times its usual gap."""
    if not health.outcome.fine or health.usual_gap is None or health.last_post is None:
        return False
    return now - health.last_post > max(SILENT_AT_LEAST, timedelta(seconds=SILENT_TIMES * health.usual_gap))


def standing(accounts: Mapping[str, Account], states: Mapping[str, Health], now: datetime) -> dict[str, Notice]:
    """The notices that should stand now, by key. Where most of a source fails alike, one notice speaks for all."""
    found: dict[str, Notice] = {}
    failing: dict[str, list[str]] = {}
    whole: dict[str, str] = {}
    for key, account in accounts.items():
        health = states.get(key)
        if health is None:
            continue
        if health.outcome.of_source:
            whole[account.source] = health.outcome.detail
        elif unreachable(account, health, now):
            failing.setdefault(account.source, []).append(key)
        elif silent(health, now):
            found[f"silent:{key}"] = Notice(f"silent:{key}", "account_silent", _quiet(key, health, now))
    for source, why in whole.items():
        found[f"source:{source}"] = Notice(f"source:{source}", "source_unreachable", f"{source} is not read: {why}")
    for source, keys in failing.items():
        if source in whole:
            continue
        of_source = sum(account.source == source for account in accounts.values())
        if len(keys) >= 3 and 2 * len(keys) > of_source:
            words = f"{len(keys)} of {of_source} {source} accounts cannot be read, {keys[0]} among them: {_why(states[keys[0]])}"
            found[f"source:{source}"] = Notice(f"source:{source}", "source_unreachable", words)
        else:
            for key in keys:
                words = f"{key} cannot be read since {_since(states[key])}: {_why(states[key])}"
                found[f"account:{key}"] = Notice(f"account:{key}", "account_unreachable", words)
    return found


def changes(before: Mapping[str, str], now_standing: Mapping[str, Notice]) -> list[Notice]:
    """What to tell: notices that begin to stand, and those of ours (`account:`, `source:`, `silent:`) that no longer do."""
    news = [notice for key, notice in now_standing.items() if key not in before]
    ours = ("account:", "source:", "silent:")
    over = [key for key in before if key.startswith(ours) and key not in now_standing]
    return news + [Notice(key, before[key], f"{key.partition(':')[2]} is well again", resolved=True) for key in over]


def _why(health: Health) -> str:
    remedy = REMEDY.get(health.outcome.kind)
    return health.outcome.detail + (f"; {remedy}" if remedy else "")


def _since(health: Health) -> str:
    return f"{health.last_success or health.since:%d %B %H:%M} UTC"


def _quiet(key: str, health: Health, now: datetime) -> str:
    assert health.last_post is not None
    assert health.usual_gap is not None
    days = (now - health.last_post).total_seconds() / 86400
    return (
        f"{key} has posted nothing for {days:.0f} days, usually every {_span(health.usual_gap)}: has the office moved elsewhere?"
    )


def _span(seconds: float) -> str:
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"
