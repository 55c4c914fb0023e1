"""Posts as JSON lines: the format that `jsonl` and `inbound` read. Pure.

One object a line (or a request):

    id          the post's own id, text or number; without it the words and date name the post
    account     handle of the account, as in config.toml; may be left out where only one account is read
    text        the words; at least one of text, title, quote, card, alt is needed, unless deleted
    title, quote, card, parent    further parts; `alt` may be a list
    url, lang   of the post
    created_at  ISO 8601; without a zone UTC; without it the moment it was read
    version     names the revision; without it a hash of the parts
    deleted     true: the post was taken down
    author      {"id", "handle", "display_name"}: who the platform said it was

Unknown keys are ignored, so that other tools' lines can be fed as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from monitor.model import Account, Identity, Post
from monitor.sources.shaping import OddError, clean, mapping, parts_of, sequence, text_of, time_of, version_of


def read_line(line: str, accounts: Mapping[str, Account], platform: str, now: datetime) -> Post:
    """The post on one line; OddError says what is wrong with it. `accounts` by handle; `platform` begins the post's key."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise OddError("not valid JSON") from None
    if not isinstance(record, dict):
        raise OddError("not a JSON object")
    return read_record(record, accounts, platform, now)


def read_record(record: Mapping[str, Any], accounts: Mapping[str, Account], platform: str, now: datetime) -> Post:
    """The post in one object; OddError says what is wrong with it."""
    account = _account(record, accounts)
    deleted = record.get("deleted") is True
    alt = record.get("alt")
    parts = parts_of(
        alt="\n".join(filter(None, map(text_of, sequence(alt)))) or text_of(alt),
        **{name: text_of(record.get(name)) for name in ("text", "title", "quote", "card", "parent")},
    )
    created = record.get("created_at")
    if created is not None and time_of(created) is None:
        raise OddError(f"created_at {str(created)[:40]!r} is no ISO 8601 time")
    if not deleted and not parts.keys() - {"parent"}:
        raise OddError("no text, title, quote, card or alt")
    native = record.get("id")
    if isinstance(native, int) and not isinstance(native, bool):
        native = str(native)
    native = text_of(native)[:500] or (version_of(parts, str(created)) if not deleted else "")
    if not native:
        raise OddError("deleted, but no id to tell which post")
    return Post(
        key=f"{platform}:{account.handle}/{native}",
        version="deleted" if deleted else text_of(record.get("version"))[:200] or version_of(parts),
        account=account.key,
        parts={} if deleted else parts,
        seen_at=now,
        created_at=time_of(created),
        url=_url(record.get("url")),
        lang=text_of(record.get("lang"))[:35] or None,
        author=_author(mapping(record.get("author"))),
        deleted=deleted,
        raw=clean(json.dumps(record, ensure_ascii=False)),
    )


def _account(record: Mapping[str, Any], accounts: Mapping[str, Account]) -> Account:
    name = record.get("account")
    if name is None and len(accounts) == 1:
        return next(iter(accounts.values()))
    if not isinstance(name, str):
        raise OddError("no account")
    found = accounts.get(name) or accounts.get(name.partition(":")[2])
    if found is None:
        raise OddError(f"account {name[:80]!r} is not in config.toml")
    return found


def _url(value: Any) -> str | None:
    url = text_of(value).strip()
    return url if url.startswith(("https://", "http://")) and len(url) <= 2000 else None


def _author(author: Mapping[str, Any]) -> Identity | None:
    if not (native := text_of(author.get("id"))):
        return None
    return Identity(native, text_of(author.get("handle")), text_of(author.get("display_name")))


def replay(lines: Iterable[str], start: datetime) -> Iterator[tuple[datetime, str]]:
    """Lines as a play in time: each with the moment at which to feed it, its date moved there.

    `after` is seconds since the line before (default 0), `ago` how much older than that moment the post says it is.
    Both are taken out of the line. ValueError names a line that is no JSON object.
    """
    at = start
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError(f"line {number} is no JSON object")  # noqa: TRY004 - one error for a bad line
        at += timedelta(seconds=float(record.pop("after", 0)))
        record["created_at"] = (at - timedelta(seconds=float(record.pop("ago", 0)))).isoformat()
        yield at, json.dumps(record, ensure_ascii=False)
