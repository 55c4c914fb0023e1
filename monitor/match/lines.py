"""JSON lines in, findings out: bounded memory, and a bad line costs only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, get_args

from monitor.leaders import Registry
from monitor.match.engine import Matcher
from monitor.match.holder import find_slug
from monitor.model import PARTS, Claim, Finding, Holder, Kind, Office, Participant, PartName

FIRST_POSTS = date(2009, 1, 1)
"""Before this day no office posted on a social network: undated posts are not older."""
OFFICES = frozenset(get_args(Office))
KINDS = frozenset(get_args(Kind))


_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d)T24:(\d\d:\d\d)")


def _next_day(match: re.Match[str]) -> str:
    """24:mm of a day is 00:mm of the next: some platforms' exports write it so."""
    return f"{date.fromisoformat(match.group(1)) + timedelta(days=1)}T00:{match.group(2)}"


class LineError(ValueError):
    """A line that cannot be read; the message names what is wrong with it."""


def match_lines(lines: Iterable[str], matcher: Matcher, now: datetime) -> Iterator[dict[str, Any]]:
    """Findings for lines `{"id","text","lang"?,"account","holder"?,"date"?}` (parts `title`, `quote`, … may be given as well).

    A post without a date is judged within its holder's term of office, else at `now`. A line that cannot be read yields
    `{"id": …, "error": …, "line": NUMBER}`, and the next one is read.
    """
    holders = Holders(matcher.registry)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: Any = None
        try:
            row = _row(line)
            identity = row.get("id")
            parts, holder, at = read_row(row, holders, now)
            lang = row.get("lang")
            finding = matcher.match(parts, holder, at, lang if isinstance(lang, str) else None)
        except LineError as wrong:
            yield {"id": identity if isinstance(identity, (str, int)) else None, "error": str(wrong), "line": number}
            continue
        except Exception as fault:  # noqa: BLE001 - a fault of the matcher costs one post of thousands, and is named
            yield {"id": identity, "flagged": False, "confidence": matcher.model.floor, "error": f"matcher: {fault!r}"[:200], "line": number}
            continue
        yield finding_as_dict(identity, finding)


def read_row(row: Mapping[str, Any], holders: Holders, now: datetime) -> tuple[dict[PartName, str], Holder | None, datetime]:
    """The parts, the holder and the time of a line. Raises LineError."""
    at = _date(row.get("date"))
    holder, at = holders.of(row.get("holder"), at, now)
    return _parts(row), holder, at


def finding_as_dict(identity: Any, finding: Finding) -> dict[str, Any]:
    """A finding as JSON: the top level repeats the first contact."""
    first = finding.contacts[0] if finding.contacts else None
    return {
        "id": identity,
        "flagged": finding.flagged,
        "confidence": round(finding.confidence, 4),
        "reason": finding.reason,
        "form": finding.form,
        "mode": first.mode if first else None,
        "status": first.status if first else None,
        "participants": [_person(one) for one in first.participants] if first else [],
        "contacts": [_claim(claim) for claim in finding.contacts],
        "evidence": [{"part": one.part, "start": one.start, "end": one.end, "role": one.role} for one in finding.evidence],
    }


def _person(one: Participant) -> dict[str, Any]:
    return {"name": one.name, "country": one.country, "leader": one.leader}


def _claim(claim: Claim) -> dict[str, Any]:
    when = claim.when
    return {
        "mode": claim.mode,
        "status": claim.status,
        "participants": [_person(one) for one in claim.participants],
        "when": {"start": when.start.isoformat(), "end": when.end.isoformat(), "precision": when.precision} if when else None,
        "place": {"name": claim.place.name, "country": claim.place.country} if claim.place else None,
        "topics": list(claim.topics),
        "confidence": round(claim.confidence, 4),
        "evidence": [{"part": one.part, "start": one.start, "end": one.end, "role": one.role} for one in claim.evidence],
    }


def _row(line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as wrong:
        raise LineError(f"not JSON: {wrong}") from wrong
    if not isinstance(row, dict):
        raise LineError("not a JSON object")
    return row


def _parts(row: Mapping[str, Any]) -> dict[PartName, str]:
    parts: dict[PartName, str] = {}
    for part in PARTS:
        value = row.get(part)
        if value is None:
            continue
        if not isinstance(value, str):
            raise LineError(f'"{part}" is {type(value).__name__}, not text')
        parts[part] = value
    return parts


def _date(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise LineError(f'"date" is {type(value).__name__}, not a date as text')
    try:
        at = datetime.fromisoformat(_MIDNIGHT.sub(_next_day, value))
    except ValueError as wrong:
        raise LineError(f'"date" is not an ISO date: {value[:40]!r}') from wrong
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Holders:
    """Holders of lines, each resolved once a month of its posts."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._slug = lru_cache(maxsize=4096)(self._find)

    def of(self, row: Any, at: datetime | None, now: datetime) -> tuple[Holder | None, datetime]:
        if row is None:
            return None, at or now
        if not isinstance(row, dict):
            raise LineError(f'"holder" is {type(row).__name__}, not an object')
        name, country = _text(row, "name"), _text(row, "country")
        office, kind = _text(row, "office"), _text(row, "kind")
        slug = self._slug(name, country, (at or now).date().replace(day=1)) if name else None
        if at is None:
            at = self._within_term(slug, country, office) or now
        return Holder(
            name, country, office if office in OFFICES else "none", kind if kind in KINDS else "other", slug,  # type: ignore[arg-type]
        ), at  # fmt: skip

    def _find(self, name: str, country: str | None, on: date) -> str | None:
        return find_slug(name, country, self._registry, on)

    def _within_term(self, slug: str | None, country: str | None, office: str | None) -> datetime | None:
        leader = self._registry.get(slug) if slug else None
        terms = leader.terms if leader is not None else ()
        held = [term for term in terms if term.country == country and term.office == office] or list(terms)
        for term in held:
            end = term.end or self._registry.as_of
            if term.start is not None and end > FIRST_POSTS:
                start = max(term.start, FIRST_POSTS)
                day = start + min((end - start) / 2, timedelta(days=300))
                return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return None


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise LineError(f'"holder.{key}" is {type(value).__name__}, not text')
    return value
