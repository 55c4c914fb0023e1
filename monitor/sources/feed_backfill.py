"""Walking back in a feed: page by page where WordPress or JSON Feed have pages, else what the feed still shows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode, urljoin

from monitor.http import Fetcher, Response, Unfetched, refusal
from monitor.model import Account, Outcome, Page
from monitor.sources.feed_document import read_document
from monitor.sources.feed_entries import read_entries
from monitor.sources.offloop import off_loop
from monitor.sources.shaping import OddError, mapping, skipped, text_of

MOST = 500
"""Pages walked at most."""


async def walk(
    http: Fetcher,
    url: str,
    zone: str | None,
    account: Account,
    since: datetime,
    cursors: Mapping[str, str],
    now: datetime,
    max_bytes: int,
) -> AsyncIterator[Page]:
    """Pages of posts since `since`. Goes on after a break: the address of the next page is a cursor row."""
    key = f"backfill:{account.key}"
    at = cursors.get(key) or _first(url, since)
    try:
        for _ in range(MOST):
            response = await http.get(at, {}, max_bytes)
            if response.status == 400 and "page=" in at:  # WordPress: one page too far
                yield Page("feed", {account.key: Outcome("ok")}, cursors={key: None}, backfill=True)
                return
            if (refused := refusal(response, now)) is not None:
                raise refused
            document = await off_loop(lambda: read_document(response.body, response.headers.get("content-type", "")))  # noqa: B023 - awaited here
            reading = read_entries(document, at, account, (), now, zone)
            wanted = tuple(post for post in reading.posts if post.at >= since)
            following = _next(at, response) if wanted else None
            outcome = Outcome("ok", skipped(document.odd))
            yield Page("feed", {account.key: outcome}, wanted, {key: following}, backfill=True)
            if following is None:
                return
            at = following
    except Unfetched as failure:
        yield Page("feed", {account.key: failure.outcome}, backfill=True)
    except OddError as reason:
        yield Page("feed", {account.key: Outcome("bad_content", str(reason))}, backfill=True)


def _first(url: str, since: datetime) -> str:
    if "/wp-json/wp/v2/" not in url:
        return url
    bare, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith(("per_page=", "page=", "after="))]
    after = urlencode({"per_page": "100", "after": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "page": "1"})
    return f"{bare}?{'&'.join([*kept, after])}"


def _next(url: str, response: Response) -> str | None:
    """Address of the following page; None if there is none."""
    if "/wp-json/wp/v2/" in url and "page=" in url:
        head, _, number = url.rpartition("page=")
        total = response.headers.get("x-wp-totalpages", "")
        following = int(number) + 1 if number.isdecimal() else 2
        return None if total.isdecimal() and following > int(total) else f"{head}page={following}"
    if response.body[:1] == b"{":
        to = text_of(mapping(json.loads(response.body)).get("next_url"))  # JSON Feed 1.1
        whole = urljoin(url, to) if to else ""
        return whole if whole.startswith(("https://", "http://")) and whole != url else None
    return None
