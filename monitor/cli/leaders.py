"""The `leaders` commands: who held which office when, and bringing the registry up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import click

from monitor import wikidata
from monitor.cli.base import as_json, complain, data_home, err, find_config, now, out, print_json, read_config, table
from monitor.config import ConfigError
from monitor.leaders import Leader, OverlayError, Registry, Term, load
from monitor.leaders.loading import FILE, read
from monitor.model import Office

STALE_AFTER = 90
"""Days after which the registry is called old: about as often as one of the offices in it changes hands unnoticed."""

DAY = click.DateTime(formats=["%Y-%m-%d"])
OFFICES = click.Choice([office for office in get_args(Office) if office != "none"])


@click.group()
def leaders() -> None:
    """Who held which office when: list, search, bring up to date."""


def _registry(config_path: str | None) -> Registry:
    """The registry as the daemon sees it; without a configuration, as it is shipped and refreshed."""
    tables: Sequence[dict[str, Any]] = ()
    try:
        config_path = str(find_config(config_path))
    except ConfigError:
        if config_path:
            raise
    else:
        tables = [dict(one.own) for one in read_config(config_path)[0].leader]
    try:
        return load(tables, data_home())
    except OverlayError as error:
        raise click.ClickException(str(error)) from None


def _warn_if_old(registry: Registry, today: date, after: int) -> None:
    age = (today - registry.as_of).days
    if age > after:
        err.print(
            f"[yellow]warning[/] the registry is of {registry.as_of}, {age} days ago: `leaders refresh` brings it up to date",
            soft_wrap=True,
        )


def _row(term: Term, registry: Registry) -> dict[str, Any]:
    leader = registry[term.slug]
    return {
        "slug": term.slug, "name": term.name, "country": term.country, "office": term.office, "title": term.title,
        "start": term.start, "end": term.end, "status": term.status, "seen": term.seen, "acting": term.acting,
        "aliases": leader.aliases, "ambiguous": leader.ambiguous, "handles": leader.handles, "as_of": registry.as_of,
    }  # fmt: skip


def _show(title: str, terms: Iterable[Term]) -> None:
    table(
        title,
        ("country", "office", "name", "title", "from", "until", "sure", "slug"),
        (
            (t.country, t.office, t.name, t.title, t.start, t.end, _sure(t), t.slug)
            for t in terms
        ),
    )  # fmt: skip


def _sure(term: Term) -> str:
    return f"last seen {term.seen}" if term.status == "unconfirmed" else "yes"


@leaders.command("list")
@click.argument("countries", nargs=-1, metavar="[COUNTRY]...")
@click.option("--office", type=OFFICES, help="Only this office.")
@click.option("--on", type=DAY, help="The day to ask about; default: today.")
@click.option("--history", is_flag=True, help="All terms, not only those of that day.")
@click.option("--stale-after", default=STALE_AFTER, show_default=True, help="Days after which to warn that the registry is old.")
@as_json
@click.pass_obj
def list_leaders(
    config_path: str | None, countries: tuple[str, ...], office: Office | None, on: datetime | None, history: bool, stale_after: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Who holds which office in a COUNTRY (IN, EU, UN, …), today or on another day."""
    registry = _registry(config_path)
    today = now().date()
    day = on.date() if on else today
    wanted = [code.upper() for code in countries] or list(registry.countries())
    for code in wanted:
        if code not in registry.countries():
            raise click.BadParameter(
                f"{code} is no country or organisation of the registry; codes are like IN, EU, AFRICAN_UNION"
            )
    terms = [
        term for code in wanted for term in (_history(registry, code, office) if history else registry.holders(code, day, office))
    ]
    if as_json:
        print_json([_row(term, registry) for term in terms])
    else:
        _show(f"{'All terms' if history else day}, as of {registry.as_of}", terms)
    _warn_if_old(registry, today, stale_after)


def _history(registry: Registry, country: str, office: Office | None) -> list[Term]:
    terms = [term for leader in registry for term in leader.terms if term.country == country and office in (None, term.office)]
    return sorted(terms, key=lambda term: (term.office, term.start or date.min))


@leaders.command()
@click.argument("text")
@click.option("--stale-after", default=STALE_AFTER, show_default=True, help="Days after which to warn that the registry is old.")
@as_json
@click.pass_obj
def search(config_path: str | None, text: str, stale_after: int, as_json: bool) -> None:
    """Find a leader by a name in any script, a part of it, a handle or a slug, and show the offices."""
    registry = _registry(config_path)
    found = _find(registry, text)
    if as_json:
        print_json(
            [{"wikidata": one.wikidata, "terms": [_row(term, registry) for term in one.terms]} | _names(one) for one in found]
        )
    elif not found:
        out.print("nobody found")
    for one in found if not as_json else ():
        known = ", ".join(
            (*one.aliases, *(f"{name} (in context)" for name in one.ambiguous), *(f"@{handle}" for handle in one.handles))
        )
        _show(f"{one.name} ({one.slug})", one.terms)
        click.echo(f"also: {known}\n" if known else "")
    _warn_if_old(registry, now().date(), stale_after)


def _names(leader: Leader) -> dict[str, Any]:
    return {key: getattr(leader, key) for key in ("slug", "name", "aliases", "ambiguous", "handles")}


def _find(registry: Registry, text: str) -> list[Leader]:
    """Whole names, handles and slugs first; only if there are none, parts of names."""
    slugs = dict.fromkeys(registry.by_name(text))
    if (slug := registry.by_handle(text)) is not None:
        slugs[slug] = None
    if text in registry:
        slugs[text] = None
    if slugs:
        return [registry[slug] for slug in slugs]
    part = text.casefold()
    return [
        one for one in registry if any(part in name.casefold() for name in (one.name, one.slug, *one.aliases, *one.ambiguous))
    ]


@leaders.command()
@click.option("--endpoint", default=wikidata.ENDPOINT, show_default=True, metavar="URL", help="The query service.")
@click.option("--timeout", default=90.0, show_default=True, help="Seconds to wait for an answer.")
@click.option("--dry-run", is_flag=True, help="Show the differences, change nothing.")
@click.option("--yes", is_flag=True, help="Apply without asking.")
@as_json
def refresh(endpoint: str, timeout: float, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Ask Wikidata who holds office now, show what differs, and keep it in your data folder."""
    today = now().date()
    folder = data_home()
    registry = load((), folder)  # without [[leader]]: the user's own tables come on top again
    try:
        with wikidata.connect(timeout) as client:
            holdings = wikidata.snapshot(client, endpoint)
            names = wikidata.people(client, wikidata.unknown(registry, holdings), endpoint)
    except wikidata.WikidataError as error:
        complain(error)
        raise SystemExit(1) from None
    found = wikidata.changes(registry, holdings, names, today)
    if not as_json:
        _differences(found)
    apply = not dry_run and (not found or yes or (not as_json and click.confirm("Apply?", default=False)))
    if apply:
        _keep(folder, found, today)
    if as_json:
        print_json({"as_of": registry.as_of, "applied": apply, "changes": [_change(one) for one in found]})
    elif apply:
        out.print(f"as of {today}, {len(found)} changes kept in {folder / FILE}", soft_wrap=True)


def _differences(found: Sequence[wikidata.Change]) -> None:
    if not found:
        out.print("nothing differs")
        return
    says = {"new": "takes office", "confirmed": "still in office"}
    table(
        "Wikidata says otherwise",
        ("country", "office", "name", "says", "from", "after"),
        ((one.country, one.office, one.name, says[one.kind], one.start, ", ".join(one.before)) for one in found),
    )


def _change(one: wikidata.Change) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "country": one.country,
        "office": one.office,
        "name": one.name,
        "start": one.start,
        "after": one.before,
    }


def _keep(folder: Path, found: Sequence[wikidata.Change], today: date) -> None:
    """Writes the changed leaders beside those of earlier refreshes, whole or not at all."""
    kept = read(folder / FILE)[1] if (folder / FILE).is_file() else {}
    for one in found:
        kept.update((leader.slug, leader) for leader in one.leaders)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / (FILE + ".new")
    fresh.write_text("\n".join(wikidata.lines(kept.values(), today)) + "\n", encoding="utf-8")
    fresh.replace(folder / FILE)
