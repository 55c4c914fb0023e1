"""Questions to X's API by plain GET, what its errors mean, and when to leave it alone as a whole.

401, 402 and 403 are about the token or the plan, so they are true for every account: the source is parked, and until an
answer is good again one question at a time is put, so that no refused token costs a question for each account.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.config import Secret
from monitor.http import Fetcher, Response, Unfetched, moment, refusal
from monitor.model import Outcome
from monitor.sources.offloop import off_loop
from monitor.sources.secrets import reveal
from monitor.sources.shaping import mapping, sequence, text_of
from monitor.sources.x_asking import Question
from monitor.sources.x_posts import kind_of

PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""Between attempts with a token that was refused; without credit it is an hour each time."""
LARGE = 100_000
"""Bytes above which an answer is parsed off the event loop."""
_OFFERED = re.compile(r"larger than '?(\d{1,19})")


class Stale(Unfetched):
    """The `since_id` lies further back than search goes; `offered` is the id that X would accept, or 0."""

    def __init__(self, offered: int) -> None:
        super().__init__("stale_cursor", "search goes back seven days only", status=400)
        self.offered = offered


class LostPlace(Unfetched):
    """The token of a page is not accepted any more: the walk begins anew."""

    def __init__(self) -> None:
        super().__init__("stale_cursor", "the place in a walk over several pages was lost; it begins anew", status=400)


class SourceWide(Unfetched):
    """No account can be read."""

    def __init__(self, outcome: Outcome, status: int | None = None) -> None:
        super().__init__(outcome.kind, outcome.detail, outcome.until, status)
        self.outcome = replace(outcome, of_source=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a bucket's last answer said of its limit."""

    remaining: int
    reset: datetime


class Api:
    """Asks, and parks. One a source."""

    def __init__(self, base: str, http: Fetcher, token: Secret | None) -> None:
        self._base, self._http, self._token = base.rstrip("/"), http, token
        self._one = asyncio.Lock()
        self._proved = False  # an answer was good since the start or the last refusal
        self._stopped: tuple[Outcome, datetime] | None = None
        self._refusals = 0
        self._limits: dict[str, Limit] = {}

    async def ask(self, question: Question, now: datetime) -> Any:
        """The answer as JSON. Unfetched if there is none: SourceWide, Stale and LostPlace among it."""
        if self._proved:
            return await self._ask(question, now)
        async with self._one:
            return await self._ask(question, now)

    def parked(self, now: datetime) -> Outcome | None:
        """Why nothing is asked now; None if it is."""
        if self._stopped is None or now >= self._stopped[1]:
            return None
        return self._stopped[0]

    def rest(self, bucket: str, sharers: int, now: datetime) -> datetime | None:
        """When to ask again so that the limit lasts until its reset, shared by so many askers; None: any time."""
        limit = self._limits.get(bucket)
        if limit is None or limit.reset <= now:
            return None
        wait = (limit.reset - now) * sharers / max(1, limit.remaining)
        return now + min(wait, limit.reset - now) if wait > timedelta(seconds=1) else None

    async def _ask(self, question: Question, now: datetime) -> Any:
        if (stopped := self.parked(now)) is not None:
            raise SourceWide(stopped)
        try:
            if self._token is None:
                raise SourceWide(Outcome("auth", 'no token: set token = { env = "NAME" } under [sources.x]'))
            try:
                login = {"Authorization": f"Bearer {reveal(self._token)}"}
            except Unfetched as failure:
                raise SourceWide(failure.outcome) from None
            response = await self._http.get(question.url(self._base), login, bucket=question.bucket)
            self._note(question.bucket, response, now)
            if (refused := _refused(response, now)) is not None:
                raise refused
        except SourceWide as refused:
            self._park(refused.outcome, now)
            raise
        self._proved, self._refusals, self._stopped = True, 0, None
        return await off_loop(response.json) if len(response.body) > LARGE else response.json()

    def _park(self, outcome: Outcome, now: datetime) -> None:
        pause = PAUSES[-1] if outcome.kind == "out_of_credit" else PAUSES[min(self._refusals, len(PAUSES) - 1)]
        self._refusals += 1
        self._proved, self._stopped = False, (outcome, now + pause)

    def _note(self, bucket: str, response: Response, now: datetime) -> None:
        remaining, reset = response.headers.get("x-rate-limit-remaining", ""), response.headers.get("x-rate-limit-reset", "")
        at = moment(reset, now)
        if remaining.isdecimal() and len(remaining) < 10 and at is not None:
            self._limits[bucket] = Limit(int(remaining), at)


def _refused(response: Response, now: datetime) -> Unfetched | None:
    """What a status and its problem mean; None if the answer is good."""
    status = response.status
    if status == 200:
        return None
    problem = _problem(response)
    kind, words = kind_of(problem), _words(problem)
    credit = f"{kind} {text_of(problem.get('title'))}".lower().replace(" ", "").replace("-", "")
    if status in (402, 403, 429) and (status == 402 or any(word in credit for word in ("credit", "usagecap", "spendcap"))):
        return SourceWide(Outcome("out_of_credit", f"X says that the credits are used up ({status}{words}): buy credits or raise the spending limit in X's console"), status)  # fmt: skip
    if status == 401:
        return SourceWide(Outcome("auth", f"X refuses the token (401{words}): make a new bearer token in X's console"), status)
    if status == 403:
        return SourceWide(
            Outcome("auth", f"X refuses this app (403{words}): its plan or kind of login does not allow this"), status
        )
    if status == 400:
        return _question_refused(problem, words)
    return refusal(response, now) or Unfetched("bad_content", f"it answered {status}", status=status)


def _question_refused(problem: Mapping[str, Any], words: str) -> Unfetched:
    errors = [mapping(error) for error in sequence(problem.get("errors"))]
    named = {name for error in errors for name in mapping(error.get("parameters"))}
    told = " ".join(text_of(error.get("message")) for error in errors)
    if "since_id" in named or "'since_id' must be" in told:
        offered = _OFFERED.search(told)
        return Stale(int(offered[1]) if offered else 0)
    if named & {"next_token", "pagination_token"}:
        return LostPlace()
    return Unfetched("bad_content", f"X refuses the question (400{words}; {told[:200]})", status=400)


def _problem(response: Response) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(response.body))
    except (ValueError, RecursionError):
        return {}


def _words(problem: Mapping[str, Any]) -> str:
    told = text_of(problem.get("detail")) or text_of(problem.get("title"))
    return f", {told[:160]}" if told else ""
