"""`match`: what the matcher makes of one text, explained; or of many, line by line."""

from __future__ import annotations

import sys
from datetime import datetime

import click
from rich.text import Text

from monitor.cli.assemble import leaders_of, matcher_of
from monitor.cli.base import as_json, find_config, inert, now, out, plain, print_json, read_config
from monitor.config import Config, ConfigError, Problem
from monitor.leaders import Registry
from monitor.match import Matcher
from monitor.match.explain import trace
from monitor.match.holder import resolve
from monitor.match.lines import finding_as_dict, match_lines
from monitor.model import Account, Evidence, Finding, Holder

STYLES = {
    "trigger": "bold black on yellow", "party": "bold black on cyan", "holder": "bold black on cyan", "negation": "bold white on red",
    "modality": "black on magenta", "tense": "black on green", "when": "black on green", "where": "black on blue", "trap": "white on red",
}  # fmt: skip


@click.command()
@click.argument("text", required=False)
@click.option("--account", metavar="HANDLE", help="Who posted it: a handle of config.toml, or country/office such as FR/head_of_state.")
@click.option("--at", metavar="TIME", help="When it was posted (ISO 8601); default now.")
@click.option("--lang", metavar="CODE", help="What the platform says of its language; only a hint.")
@click.option("--jsonl", is_flag=True, help="Read posts as JSON lines on standard input, write a finding a line.")
@as_json
@click.pass_obj
def match(config_path: str | None, *, text: str | None, account: str | None, at: str | None, lang: str | None, jsonl: bool, as_json: bool) -> None:
    """Say whether TEXT announces a contact between leaders, and why.

    \b
    match "Had a great call with President Macron" --account IN/head_of_government
    match --jsonl < posts.jsonl > findings.jsonl
    """  # noqa: D301 - \b keeps click from joining the lines
    config = _config(config_path)
    registry = leaders_of(config)
    matcher = matcher_of(config, registry)
    if jsonl:
        _stream(matcher)
        return
    if text is None:
        raise click.UsageError('give a TEXT, or --jsonl for many: hotline match "Had a great call with …"')
    moment = _moment(at)
    holder = _holder(account, config, registry, moment)
    finding = matcher.match({"text": text}, holder, moment, lang)
    if as_json:
        print_json(finding_as_dict("", finding))
    else:
        _explain(text, finding, holder)
        for step in trace(matcher, {"text": text}, holder, moment):
            out.print(f"[dim]· {plain(step)}[/]")


def _config(path: str | None) -> Config:
    """The configuration where there is one: matching needs none."""
    try:
        find_config(path)
    except ConfigError:
        return Config()
    return read_config(path)[0]


def _stream(matcher: Matcher) -> None:
    """Findings for lines, flushed as the pipe fills; a reader that goes away ends it quietly."""
    lines = (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)
    try:
        for found in match_lines(lines, matcher, now()):
            print_json(found)
    except BrokenPipeError:
        sys.stderr.close()


def _moment(at: str | None) -> datetime:
    if at is None:
        return now()
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise click.BadParameter(f"{at!r} is not a time; write 2026-05-02T10:00:00Z", param_hint="--at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now().tzinfo)


def _holder(account: str | None, config: Config, registry: Registry, moment: datetime) -> Holder | None:
    """The holder of an account of the configuration, or of `COUNTRY/office`."""
    if account is None:
        return None
    known = {key: a for a in config.accounts() for key in (a.handle, a.key)}
    if account in known:
        return resolve(known[account], registry, moment.date())
    country, slash, office = account.partition("/")
    if slash and country.isupper():
        return resolve(Account("none", account, country=country, kind="leader", office=office), registry, moment.date())  # type: ignore[arg-type]
    raise ConfigError([Problem("--account", f'"{account}"', "no such account in config.toml; name one, or COUNTRY/office such as FR/head_of_state")])


def highlighted(text: str, evidence: tuple[Evidence, ...], part: str = "text") -> Text:
    """The text with its evidence in colour; nothing in it is interpreted."""
    shown = Text(inert(text))
    for span in evidence:
        if span.part == part:
            shown.stylize(STYLES.get(span.role, "underline"), span.start, span.end)
    return shown


def _explain(text: str, finding: Finding, holder: Holder | None) -> None:
    verdict = "[bold green]announces a contact[/]" if finding.flagged else "[bold]no contact announced[/]"
    out.print(f"{verdict}  confidence {finding.confidence:.0%}  reason {plain(finding.reason)}  form {finding.form}")
    if holder:
        out.print(f"[dim]posted by {plain(holder.name or 'unknown')} ({plain(holder.country or '?')}, {holder.office})[/]")
    out.print()
    spans = finding.evidence + tuple(e for c in finding.contacts for e in c.evidence)
    out.print(highlighted(text, spans))
    for claim in finding.contacts:
        who = " – ".join(f"{p.name or 'unnamed'} ({p.country or '?'})" for p in claim.participants) or "nobody named"
        out.print(f"\n[bold]{claim.mode}[/], [bold]{claim.status}[/]: {plain(who)}  [dim]{claim.confidence:.0%}[/]")
        if claim.when:
            out.print(f"  when  {claim.when.start:%Y-%m-%d %H:%M} – {claim.when.end:%Y-%m-%d %H:%M} UTC, to the {claim.when.precision}")
        if claim.place:
            out.print(f"  where {plain(claim.place.name)} ({plain(claim.place.country or '?')})")
    out.print()
