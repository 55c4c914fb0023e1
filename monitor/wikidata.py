"""Who holds office today, asked of Wikidata's public query service, and what that changes in the registry.

`snapshot` speaks to the network and nothing else; `changes` compares, and is pure; `lines` gives the file for the user's data folder.
Wikidata is edited by anybody: a change is shown before it is applied, and one that speaks of an earlier time than the registry
knows is left out.

Query language and result format: https://www.w3.org/TR/sparql11-results-json/ ; limits of the service:
https://www.mediawiki.org/wiki/Wikidata_Query_Service/User_Manual
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import httpx

from monitor.http import USER_AGENT
from monitor.leaders import Leader, Registry, Term, slug_for
from monitor.leaders.words import LANGUAGES
from monitor.model import Office

ENDPOINT = "https://query.wikidata.org/sparql"
LIMIT = 20_000_000  # bytes of one answer
ENOUGH = 100  # countries; an answer with fewer is broken, and would make an old registry look fresh
YEAR = 366  # days within which two starts may mean the same one
MEANINGLESS = 2  # letters up to which a word of a name tells nobody apart
BATCH = 150  # people whose names are asked for at once
_ENTITY = re.compile(r"Q[1-9]\d{0,11}")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})T")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}|[A-Za-z0-9.-]{3,253}\.[A-Za-z]{2,}")

_HEADS = """SELECT DISTINCT ?code ?office ?person ?start WHERE {
  ?country wdt:P297 ?code .
  VALUES (?claim ?value ?office) { (p:P35 ps:P35 "head_of_state") (p:P6 ps:P6 "head_of_government") }
  ?country ?claim ?held . ?held ?value ?person .
  FILTER NOT EXISTS { ?held pq:P582 ?end } FILTER NOT EXISTS { ?country wdt:P576 ?gone }
  OPTIONAL { ?held pq:P580 ?start } }"""
_MINISTERS = """SELECT DISTINCT ?code ?office ?person ?start WHERE {
  ?position wdt:P279|wdt:P31 wd:Q7330070 ; wdt:P1001 ?country . ?country wdt:P297 ?code .
  ?person p:P39 ?held . ?held ps:P39 ?position ; pq:P580 ?start .
  FILTER NOT EXISTS { ?held pq:P582 ?end } FILTER NOT EXISTS { ?person wdt:P570 ?died }
  BIND("foreign_minister" AS ?office) }"""
_NAMES = """SELECT ?person ?label ?handle WHERE {
  VALUES ?person { %s }
  { ?person rdfs:label ?label . FILTER(LANG(?label) IN (%s)) } UNION { ?person wdt:P2002|wdt:P12361 ?handle } }"""


class WikidataError(Exception):
    """The query service could not be asked, or answered something else than results; says what to do."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One person in one office now, as Wikidata has it."""

    country: str
    office: Office
    wikidata: str
    start: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """The names and handles of a person. `names` are labels by language; `name` is the English one, or any."""

    wikidata: str
    name: str
    names: Mapping[str, str]
    handles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What Wikidata knows differently: in words, and as the leaders it leaves behind."""

    kind: Literal["new", "confirmed"]
    country: str
    office: Office
    name: str
    start: date | None
    before: tuple[str, ...]  # names of those whose terms end
    leaders: tuple[Leader, ...]


def connect(timeout: float) -> httpx.Client:
    """A client for the query service; `timeout` in seconds."""
    return httpx.Client(timeout=timeout, headers={"User-Agent": USER_AGENT})


def snapshot(client: httpx.Client, endpoint: str = ENDPOINT) -> tuple[Holding, ...]:
    """Who holds which office now: heads of state and of government, foreign ministers. Raises WikidataError."""
    rows = [*_ask(client, endpoint, _HEADS), *_ask(client, endpoint, _MINISTERS)]
    holdings = tuple(dict.fromkeys(holding for row in rows if (holding := _holding(row)) is not None))
    if len({holding.country for holding in holdings}) < ENOUGH:
        raise WikidataError(
            f"{endpoint} knows the leaders of fewer than {ENOUGH} countries; nothing was changed, try again later"
        )
    return holdings


def people(client: httpx.Client, ids: Iterable[str], endpoint: str = ENDPOINT) -> dict[str, Person]:
    """Names and handles of these people, by id. Raises WikidataError."""
    wanted = sorted({each for each in ids if _ENTITY.fullmatch(each)})
    languages = ", ".join(f'"{lang}"' for lang in LANGUAGES)
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    handles: dict[str, list[str]] = defaultdict(list)
    for first in range(0, len(wanted), BATCH):
        values = " ".join(f"wd:{each}" for each in wanted[first : first + BATCH])
        for row in _ask(client, endpoint, _NAMES % (values, languages)):
            person = _entity(row.get("person"))
            label, handle = row.get("label", {}), row.get("handle", {}).get("value", "")
            if person and label.get("value", "").strip():
                labels[person][str(label.get("xml:lang", ""))] = label["value"].strip()
            if person and _HANDLE.fullmatch(handle):
                handles[person].append(handle)
    return {
        person: Person(person, names.get("en") or next(iter(names.values())), names, tuple(handles[person]))
        for person, names in labels.items()
    }


def unknown(registry: Registry, holdings: Sequence[Holding]) -> set[str]:
    """Ids of the holders whose names `changes` will need: those that no leader of the registry carries."""
    known = {leader.wikidata for leader in registry}
    return {holding.wikidata for holding in holdings} - known


def changes(registry: Registry, holdings: Sequence[Holding], names: Mapping[str, Person], today: date) -> list[Change]:
    """What differs. Offices with several holders in Wikidata, people without a name and older news are left out."""
    by_id = {leader.wikidata: leader for leader in registry if leader.wikidata}
    offices: dict[tuple[str, Office], set[Holding]] = defaultdict(set)
    for holding in holdings:
        if holding.start is None or holding.start <= today:
            offices[holding.country, holding.office].add(holding)
    found: list[Change] = []
    worked: dict[str, Leader] = {}
    for (country, _), held in sorted(offices.items()):
        if len({holding.wikidata for holding in held}) != 1:
            continue
        holding = max(held, key=lambda one: one.start or date.min)
        leader = by_id.get(holding.wikidata) or _by_name(registry, names.get(holding.wikidata), country)
        if leader is None and holding.wikidata not in names:
            continue
        change = _compare(registry, worked, holding, leader, names.get(holding.wikidata), today)
        if change:
            found.append(change)
            worked.update((changed.slug, changed) for changed in change.leaders)
    return found


def lines(leaders: Iterable[Leader], as_of: date) -> Iterator[str]:
    """The lines of a `leaders.jsonl` with these leaders, as `monitor.leaders.load` reads it from a folder."""
    yield json.dumps({"as_of": as_of.isoformat()})
    for leader in leaders:
        row: dict[str, Any] = {"slug": leader.slug, "name": leader.name}
        for key in ("aliases", "ambiguous", "handles", "wikidata"):
            if value := getattr(leader, key):
                row[key] = value
        row["terms"] = [_term(term) for term in leader.terms]
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _term(term: Term) -> list[str | None]:
    days = [day.isoformat() if day else None for day in (term.start, term.end)]
    status = [] if term.status == "former" and term.end else [term.status]
    return [term.country, term.office, term.title, *days, *status, *([term.seen.isoformat()] if term.seen else [])]


def _compare(
    registry: Registry, worked: Mapping[str, Leader], holding: Holding, leader: Leader | None, person: Person | None, today: date
) -> Change | None:
    """The change that one holding means; None if the registry knows it, or knows better."""
    offices: tuple[Office, ...] = ("monarch", "head_of_state") if holding.office == "head_of_state" else (holding.office,)
    now = [term for term in registry.holders(holding.country, today) if term.office in offices]
    own = next((term for term in now if leader and term.slug == leader.slug), None)
    if own is not None and leader is not None:
        if own.status != "unconfirmed":
            return None
        leader = worked.get(leader.slug, leader)
        terms = tuple(replace(term, status="current", seen=None) if term == own else term for term in leader.terms)
        return Change("confirmed", holding.country, own.office, leader.name, own.start, (), (replace(leader, terms=terms),))
    if leader is not None and any(term.office == "monarch" and term.holds(today) for term in leader.terms):
        return None  # a monarch of several realms; the registry names the governor-general there
    start = holding.start
    if start is None or any(term.start and (term.start >= start or _same(term, person, start)) for term in now):
        return None
    office: Office = "monarch" if any(term.office == "monarch" for term in now) else holding.office
    title = now[0].title if now else ("President" if office == "head_of_state" else "Prime Minister")
    if leader is None:
        assert person is not None
        leader = _newcomer(registry, person)
    leader = worked.get(leader.slug, leader)
    term = Term(leader.slug, leader.name, holding.country, office, title, start, None, "current")
    newcomer = replace(leader, terms=tuple(sorted((*leader.terms, term), key=lambda one: one.start or date.min)))
    left = [_without(worked.get(old.slug) or registry[old.slug], holding.country, offices, start) for old in now]
    return Change("new", holding.country, office, leader.name, start, tuple(old.name for old in now), (newcomer, *left))


def _same(term: Term, person: Person | None, start: date) -> bool:
    """Whether a holder whose start is known about is the person under another spelling: a word of the name, and the year, agree."""
    words = (
        {word for name in person.names.values() for word in name.casefold().split() if len(word) > MEANINGLESS}
        if person
        else set()
    )
    return term.start is not None and abs((start - term.start).days) < YEAR and bool(words & set(term.name.casefold().split()))


def _without(leader: Leader, country: str, offices: Sequence[Office], end: date) -> Leader:
    """The leader with the open terms in that office ended."""
    terms = tuple(
        replace(term, end=end, status="former", seen=None)
        if term.country == country and term.office in offices and (term.end is None or term.end > end)
        else term
        for term in leader.terms
    )
    return replace(leader, terms=terms)


def _by_name(registry: Registry, person: Person | None, country: str) -> Leader | None:
    """The leader of that country who goes by one of the person's full names, if exactly one does and carries no other id."""
    if person is None:
        return None
    slugs = {
        slug
        for name in {person.name, *person.names.values()}
        if " " in name or not name.isascii()
        for slug in registry.by_name(name)
    }
    found = [registry[slug] for slug in slugs if any(term.country == country for term in registry[slug].terms)]
    return found[0] if len(found) == 1 and found[0].wikidata in (None, person.wikidata) else None


def _newcomer(registry: Registry, person: Person) -> Leader:
    """A leader made of a person: labels match alone, the last word of a Latin name only in context."""
    slug = slug_for(person.name)
    slug = f"{slug}-{person.wikidata.lower()}" if slug in registry else slug
    aliases = tuple(dict.fromkeys(name for name in person.names.values() if name != person.name))
    surname = person.name.split()[-1]
    return Leader(slug, person.name, aliases, (surname,) if surname != person.name else (), person.handles, (), person.wikidata)


def _holding(row: Mapping[str, Mapping[str, str]]) -> Holding | None:
    code, person = row.get("code", {}).get("value", ""), _entity(row.get("person"))
    office = row.get("office", {}).get("value")
    kinds: tuple[Office, ...] = ("head_of_state", "head_of_government", "foreign_minister")
    known = next((kind for kind in kinds if kind == office), None)
    if known is None or person is None or not re.fullmatch(r"[A-Z]{2}", code):
        return None
    day = _DAY.match(row.get("start", {}).get("value", ""))
    try:
        return Holding(code, known, person, date.fromisoformat(day[1]) if day else None)
    except ValueError:
        return Holding(code, known, person, None)


def _entity(value: Mapping[str, str] | None) -> str | None:
    """The Q-id of an entity's address."""
    last = (value or {}).get("value", "").rsplit("/", 1)[-1]
    return last if _ENTITY.fullmatch(last) else None


def _ask(client: httpx.Client, endpoint: str, query: str) -> list[dict[str, Any]]:
    """The result rows of one query. Raises WikidataError with what to do."""
    try:
        with client.stream(
            "POST", endpoint, data={"query": query}, headers={"Accept": "application/sparql-results+json"}
        ) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > LIMIT:
                    raise WikidataError(f"{endpoint} answered more than {LIMIT // 1_000_000} MB; is that the query service?")
            status, wait = answer.status_code, answer.headers.get("Retry-After", "")
    except httpx.HTTPError as error:
        raise WikidataError(
            f"{endpoint} could not be reached ({type(error).__name__}); the registry works without, try again later"
        ) from error
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        later = f" in {wait} s" if wait.isdigit() else " in a few minutes"
        raise WikidataError(f"{endpoint} is busy (HTTP {status}); try again{later}")
    if status != httpx.codes.OK:
        raise WikidataError(f"{endpoint} refused the query (HTTP {status}); check the address")
    try:
        rows = json.loads(body)["results"]["bindings"]
    except (ValueError, KeyError, TypeError):
        raise WikidataError(f"{endpoint} did not answer with query results; check the address") from None
    if not isinstance(rows, list):
        raise WikidataError(f"{endpoint} did not answer with query results; check the address")
    return [row for row in rows if isinstance(row, dict) and all(_cell(cell) for cell in row.values())]


def _cell(cell: object) -> bool:
    return isinstance(cell, dict) and all(isinstance(part, str) for part in (cell.get("value"), cell.get("xml:lang", "")))
