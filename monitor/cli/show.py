"""`show`: the whole story of one contact, in the order it happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.padding import Padding

from monitor.cli.base import as_json, out, plain, print_json
from monitor.cli.log import database_option
from monitor.cli.match import highlighted
from monitor.model import Evidence
from monitor.store import Reading

Row = Mapping[str, Any]


@click.command()
@click.argument("contact")
@as_json
@database_option
def show(path: Path, *, contact: str, as_json: bool) -> None:
    """Tell the whole story of CONTACT: its posts, findings, alerts and attempts, in time order. The start of an id will do."""
    with Reading(path) as reading:
        story = reading.contact(contact)
    if as_json:
        print_json(story)
        return
    _head(story)
    for _, tell in sorted([*_posts(story), *_alerts(story), *_acts(story)], key=lambda event: event[0]):
        tell()


def _head(story: Row) -> None:
    out.print(f"[bold]{plain(story['names'] or 'unnamed parties')}[/]  {story['mode']}, {story['status']}  [dim]{story['contact']}[/]")
    facts = [f"first word {_clock(story['opened_at'])}", f"sure {story['confidence']:.0%}", f"readout {story['readout']}"]
    if story["when_start"]:
        facts.append(f"when {_clock(story['when_start'])} – {_clock(story['when_end'])} (to the {story['when_precision']})")
    if story["place"]:
        facts.append(f"where {story['place']}")
    if story["conflict"]:
        facts.append(f"conflict: {story['conflict']}")
    facts += [word for word in ("lapsed", "retracted") if story[word]]
    out.print("[dim]" + plain("  ·  ".join(facts)) + "[/]")
    if story["merged"]:
        out.print(f"[dim]merged from {plain(', '.join(story['merged']))}[/]")


def _posts(story: Row) -> Iterator[tuple[str, Any]]:
    for post in story["posts"]:
        for revision in post["revisions"]:
            yield revision["seen_at"], lambda post=post, revision=revision: _revision(post, revision)


def _revision(post: Row, revision: Row) -> None:
    number = "" if revision["number"] == 1 else f", revision {revision['number']}"
    out.print(f"\n[cyan]{_clock(revision['seen_at'])}[/]  [bold]{plain(post['account'])}[/] {post['relation']}{number}  [dim]{plain(post['url'] or post['post'])}[/]")
    if revision["deleted"]:
        out.print("  [red]deleted at the source[/]")
        return
    finding = next((f for f in revision["findings"] if f["current"]), None)
    spans = tuple(Evidence(**span) for span in finding["evidence"]) if finding else ()
    for part in ("title", "text", "quote", "card", "alt", "parent"):
        if revision[part]:
            if part != "text":
                out.print(f"  [dim]{part}[/]")
            out.print(Padding(highlighted(revision[part], spans, part), (0, 0, 0, 4)))
    if finding:
        verdict = "flagged" if finding["flagged"] else "not flagged"
        out.print(f"  [dim]{verdict}, {finding['confidence']:.0%}, {plain(finding['reason'])}, {finding['form']} (matcher {finding['matcher']})[/]")


def _alerts(story: Row) -> Iterator[tuple[str, Any]]:
    for alert in story["alerts"]:
        yield alert["created_at"], lambda alert=alert: _alert(alert)


def _alert(alert: Row) -> None:
    out.print(f"\n[cyan]{_clock(alert['created_at'])}[/]  [yellow]alert {alert['alert']} {alert['kind']}[/]  {plain(alert['headline'])}")
    for delivery in alert["deliveries"]:
        why = f": {delivery['reason']}" if delivery["reason"] else ""
        sent = f" {_clock(delivery['sent_at'])}" if delivery["sent_at"] else ""
        repeat = " (possible repeat)" if delivery["possible_repeat"] else ""
        out.print(f"    {plain(delivery['channel'])}: {delivery['state']}{sent}{repeat}{plain(why)}")
        for attempt in delivery["attempts"]:
            detail = f": {attempt['detail']}" if attempt["detail"] else ""
            out.print(f"      [dim]attempt {attempt['number']} {_clock(attempt['started_at'])} {attempt['result']}{plain(detail)}[/]")


def _acts(story: Row) -> Iterator[tuple[str, Any]]:
    for act in story["acts"]:
        yield act["at"], lambda act=act: out.print(
            f"\n[cyan]{_clock(act['at'])}[/]  [magenta]{plain(act['who'])}: {act['kind']}[/]  {plain(act['result'] or 'not yet applied')}"
        )


def _clock(text: str | None) -> str:
    return (text or "")[:19].replace("T", " ")
