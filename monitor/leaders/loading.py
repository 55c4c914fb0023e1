"""Reads the registry: the shipped data, then refreshed data from a folder, then the user's own tables.

Format of `leaders.jsonl`: the first line is `{"as_of": DAY}`; every other line is one person:

    {"slug": …, "name": …, "aliases": […], "ambiguous": […], "handles": […], "wikidata": "Q…",
     "terms": [[COUNTRY, OFFICE, TITLE, START, END, STATUS, SEEN], …]}

Lists may be left out. A day is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: as exact as the sources are; null is open or unknown. END is
the first day out of office. STATUS may be left out where END is set (former). SEEN only with `unconfirmed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from monitor.leaders.overlay import overlaid
from monitor.leaders.registry import Registry
from monitor.leaders.values import Leader, Term

DATA = Path(__file__).parent / "data"
FILE = "leaders.jsonl"


def load(overlay: Sequence[Mapping[str, Any]] = (), folder: Path | None = None) -> Registry:
    """The registry of the shipped data, refreshed from `folder/leaders.jsonl` if it exists, corrected by `overlay`.

    A refreshed line replaces the terms of the person with that slug, and adds names and handles. `overlay` is the list of
    `[[leader]]` tables. Raises OverlayError for a table that cannot be understood, ValueError for a broken data file.
    """
    as_of, leaders = read(DATA / FILE)
    if folder is not None and (folder / FILE).is_file():
        newer, refreshed = read(folder / FILE)
        if newer > as_of:  # else the package itself has caught up since
            as_of = newer
            for slug, leader in refreshed.items():
                leaders[slug] = merged(leaders[slug], leader) if slug in leaders else leader
    return Registry(overlaid(leaders, overlay).values(), as_of)


def read(path: Path) -> tuple[date, dict[str, Leader]]:
    """One data file: its day and its leaders by slug. ValueError names the line that is wrong."""
    leaders: dict[str, Leader] = {}
    as_of: date | None = None
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                if "as_of" in row:
                    as_of = day(row["as_of"])
                else:
                    leaders[row["slug"]] = person(row)
            except (ValueError, KeyError, TypeError, IndexError) as wrong:
                raise ValueError(f"{path}, line {number}: not a leader ({wrong!r})") from wrong
    if as_of is None:
        raise ValueError(f'{path}: the line {{"as_of": …}} is missing')
    return as_of, leaders


def person(row: Mapping[str, Any]) -> Leader:
    """One line of the data as a leader."""
    slug, name = row["slug"], row["name"]
    terms = [_term(slug, name, *fields) for fields in row.get("terms", ())]
    terms.sort(key=lambda term: term.start or date.min)
    return Leader(
        slug=slug,
        name=name,
        aliases=tuple(row.get("aliases", ())),
        ambiguous=tuple(row.get("ambiguous", ())),
        handles=tuple(row.get("handles", ())),
        terms=tuple(terms),
        wikidata=row.get("wikidata"),
    )


def _term(
    slug: str, name: str, country: str, office: Any, title: str, start: str | None, end: str | None,
    status: Any = "former", seen: str | None = None,
) -> Term:  # fmt: skip
    return Term(slug, name, country, office, title, day(start), day(end), status, day(seen))


def day(text: str | None) -> date | None:
    """A day of the data; where only year or month is known, their first day."""
    if text is None:
        return None
    return date.fromisoformat((text + "-01-01")[:10] if len(text) == 4 else (text + "-01")[:10])


def merged(old: Leader, new: Leader) -> Leader:
    """`old` with the terms of `new`, and the names and handles of both."""
    names = {old.name: None, **dict.fromkeys(old.aliases), **dict.fromkeys(new.aliases)}
    if new.name != old.name:
        names[new.name] = None
    names.pop(old.name)
    return replace(
        old,
        aliases=tuple(names),
        ambiguous=tuple(dict.fromkeys(a for a in (*old.ambiguous, *new.ambiguous) if a not in names)),
        handles=tuple(dict.fromkeys((*old.handles, *new.handles))),
        terms=tuple(replace(term, name=old.name) for term in new.terms) or old.terms,
        wikidata=new.wikidata or old.wikidata,
    )
