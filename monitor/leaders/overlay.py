"""The user's own `[[leader]]` tables, laid over the registry in their order.

A table names a person by `slug`, or by `name`: a full name that the registry knows means that person, any other name a new one.
With `country` and `office` it sets when the person holds that office; a new holder of an office that one person holds ends the
terms of those before, unless `beside = true`. `aliases`, `ambiguous` and `handles` add; `remove = true` takes the person out, or with
`country` or `office` only those terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from monitor.leaders.values import OFFICES, SINGLE, Leader, Term
from monitor.model import Office

KEYS = (
    "slug", "name", "country", "office", "title", "start", "end", "aliases", "ambiguous", "handles", "beside", "remove",
)  # fmt: skip

TITLES: Mapping[Office, str] = {
    "head_of_state": "President", "head_of_government": "Prime Minister", "deputy": "Deputy", "foreign_minister": "Foreign Minister",
    "monarch": "Monarch", "crown_prince": "Crown Prince", "org_head": "Head", "minister": "Minister", "ambassador": "Ambassador", "none": "",
}  # fmt: skip

_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_LATIN = str.maketrans(
    {"ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "Æ": "ae", "ð": "d", "þ": "th"}
)


class OverlayError(ValueError):
    """A `[[leader]]` table that cannot be understood; says which one, which key, and what to do."""


@dataclass(frozen=True, slots=True)
class _Table:
    """One table, its values checked."""

    where: str
    slug: str | None
    name: str | None
    country: str | None
    office: Office | None
    title: str | None
    start: date | None
    end: date | None
    aliases: tuple[str, ...]
    ambiguous: tuple[str, ...]
    handles: tuple[str, ...]
    beside: bool
    remove: bool


def overlaid(leaders: Mapping[str, Leader], tables: Sequence[Mapping[str, Any]]) -> dict[str, Leader]:
    """`leaders` with the tables applied in order. OverlayError names the first table that is wrong."""
    result = dict(leaders)
    for number, raw in enumerate(tables, 1):
        table = _checked(raw, f"[[leader]] {number}")
        slug = _slug_of(table, result)
        if table.remove:
            _remove(result, slug, table)
        else:
            _change(result, slug, table)
    return result


def slug_for(name: str) -> str:
    """A slug made of a name: its Latin letters and digits, `person-` and code points for other scripts."""
    plain = unicodedata.normalize("NFKD", name.translate(_LATIN)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return slug or "person-" + "-".join(f"{ord(letter):x}" for letter in name if letter.strip())[:80]


def _slug_of(table: _Table, leaders: Mapping[str, Leader]) -> str:
    """Whom the table means: an existing slug, or a new one."""
    if table.slug:
        if table.slug not in leaders and (table.remove or not table.name):
            near = get_close_matches(table.slug, leaders, 1)
            hint = f"; did you mean `{near[0]}`?" if near else "; `leaders search` finds slugs, a new leader needs a `name`"
            raise OverlayError(f"{table.where}: `slug` {table.slug!r} is nobody in the registry{hint}")
        return table.slug
    assert table.name is not None
    wanted = table.name.casefold()
    found = [leader.slug for leader in leaders.values() if leader.name.casefold() == wanted]
    found = found or [leader.slug for leader in leaders.values() if wanted in map(str.casefold, leader.aliases)]
    if len(found) > 1:
        raise OverlayError(f"{table.where}: `name` {table.name!r} may be {' or '.join(found)}; say which one by `slug`")
    if found:
        return found[0]
    if table.remove:
        raise OverlayError(
            f"{table.where}: nobody is called {table.name!r}, so there is nothing to remove; `leaders search` finds slugs"
        )
    slug = slug_for(table.name)
    if slug in leaders:
        raise OverlayError(
            f"{table.where}: `name` {table.name!r} is close to {leaders[slug].name!r}; give a `slug`: {slug!r} or a new one"
        )
    return slug


def _remove(leaders: dict[str, Leader], slug: str, table: _Table) -> None:
    leader = leaders[slug]
    if table.country is None and table.office is None:
        del leaders[slug]
        return
    kept = tuple(t for t in leader.terms if (table.country or t.country) != t.country or (table.office or t.office) != t.office)
    if len(kept) == len(leader.terms):
        raise OverlayError(f"{table.where}: {leader.name} has no such term to remove; `leaders search {slug}` shows them")
    leaders[slug] = replace(leader, terms=kept)


def _change(leaders: dict[str, Leader], slug: str, table: _Table) -> None:
    known = leaders.get(slug)
    if known is None and (table.country is None or table.office is None):
        raise OverlayError(f"{table.where}: {table.name!r} is new to the registry and needs a `country` and an `office`")
    leader = known or Leader(slug=slug, name=table.name or slug)
    if table.name and table.name != leader.name:
        leader = replace(leader, name=table.name, aliases=_joined(leader.aliases, (leader.name,)))
    aliases = tuple(a for a in _joined(leader.aliases, table.aliases) if a not in table.ambiguous and a != leader.name)
    leader = replace(
        leader,
        aliases=aliases,
        ambiguous=tuple(a for a in _joined(leader.ambiguous, table.ambiguous) if a not in aliases),
        handles=_joined(leader.handles, table.handles),
        terms=tuple(replace(term, name=leader.name) for term in leader.terms),
    )
    if table.country is not None and table.office is not None:
        leader = _with_term(leader, table, table.country, table.office)
        if not table.beside and table.office in SINGLE and table.start is not None:
            _succeed(leaders, slug, table.country, table.office, table.start)
    leaders[slug] = leader


def _with_term(leader: Leader, table: _Table, country: str, office: Office) -> Leader:
    """The leader with the table's term: the one that it corrects (same start, or the open one), else a further one."""
    same = [term for term in leader.terms if term.country == country and term.office == office]
    old = (
        next((t for t in same if t.start == table.start), None) if table.start else next((t for t in same if t.end is None), None)
    )
    old = old or next((t for t in same if t.end is None and (table.start is None or t.start is None)), None)
    start = table.start or (old.start if old else None)
    end = table.end or (old.end if old else None)
    if start and end and end <= start:
        raise OverlayError(f"{table.where}: `end` {end} is not after `start` {start}; `end` is the first day out of office")
    title = table.title or (old.title if old else TITLES[office])
    term = Term(leader.slug, leader.name, country, office, title, start, end, "former" if end else "current")
    terms = sorted((*(t for t in leader.terms if t is not old), term), key=lambda t: t.start or date.min)
    return replace(leader, terms=tuple(terms))


def _succeed(leaders: dict[str, Leader], slug: str, country: str, office: Office, start: date) -> None:
    """Ends the terms of those who held the office until `start`."""
    for other in list(leaders.values()):
        if other.slug == slug:
            continue
        terms = tuple(
            replace(t, end=start, status="former", seen=None)
            if (t.country, t.office) == (country, office) and _open_at(t, start)
            else t
            for t in other.terms
        )
        if terms != other.terms:
            leaders[other.slug] = replace(other, terms=terms)


def _open_at(term: Term, day: date) -> bool:
    return (term.start is None or term.start < day) and (term.end is None or term.end > day)


def _joined(old: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old, *new)))


def _checked(raw: Mapping[str, Any], where: str) -> _Table:
    for key in raw:
        if key not in KEYS:
            near = get_close_matches(str(key), KEYS, 1)
            raise OverlayError(
                f"{where}: no key `{key}`" + (f"; did you mean `{near[0]}`?" if near else f"; keys are {', '.join(KEYS)}")
            )
    slug, name = _text(raw, "slug", where), _text(raw, "name", where)
    if slug is None and name is None:
        raise OverlayError(f"{where}: needs a `name`, or the `slug` of somebody in the registry")
    if slug is not None and (not re.fullmatch(r"[a-z0-9-]+", slug) or slug.strip("-") != slug):
        raise OverlayError(f"{where}: `slug` {slug!r} must be lower-case Latin letters and digits, joined by `-`")
    country, office = _text(raw, "country", where), _text(raw, "office", where)
    if country is not None and not re.fullmatch(r"[A-Z][A-Z_]+", country):
        raise OverlayError(f"{where}: `country` {country!r} must be a code like IN, EU or AFRICAN_UNION")
    if office is not None and office not in OFFICES:
        near = get_close_matches(office, OFFICES, 1)
        raise OverlayError(
            f"{where}: `office` {office!r} is none of {', '.join(OFFICES)}" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    start, end = _day(raw, "start", where), _day(raw, "end", where)
    if (country is None) != (office is None) and not raw.get("remove"):
        raise OverlayError(
            f"{where}: `country` and `office` go together; `{'office' if office is None else 'country'}` is missing"
        )
    if country is None and (start or end or raw.get("title")):
        raise OverlayError(f"{where}: `start`, `end` and `title` belong to a term; add its `country` and `office`")
    return _Table(
        where, slug, name, country, next((o for o in OFFICES if o == office), None), _text(raw, "title", where), start, end,
        _names(raw, "aliases", where), _names(raw, "ambiguous", where),
        tuple(handle.removeprefix("@") for handle in _names(raw, "handles", where)),
        _truth(raw, "beside", where), _truth(raw, "remove", where),
    )  # fmt: skip


def _text(raw: Mapping[str, Any], key: str, where: str) -> str | None:
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise OverlayError(f"{where}: `{key}` must be text, not {value!r}")
    return value.strip()


def _names(raw: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(v, str) and v.strip("@ ") for v in value):
        raise OverlayError(f'{where}: `{key}` must be a list of names, like ["Modi", "PM Modi"], not {value!r}')
    return tuple(dict.fromkeys(v.strip() for v in value))


def _truth(raw: Mapping[str, Any], key: str, where: str) -> bool:
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise OverlayError(f"{where}: `{key}` must be true or false, not {value!r}")
    return value


def _day(raw: Mapping[str, Any], key: str, where: str) -> date | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    parts = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        if parts:
            return date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
    except ValueError:
        pass
    raise OverlayError(f"{where}: `{key}` must be a day like 2026-11-03, not {value!r}")
