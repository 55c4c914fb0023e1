"""`init`: a first config.toml from a few questions, tested as soon as it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from monitor.cli.accounts import as_toml
from monitor.cli.assemble import check_parts
from monitor.cli.base import config_home, out, plain
from monitor.config import ConfigError, Problem, load, time_zone
from monitor.leaders import directory
from monitor.sources import sources as source_registry

CHANNELS = {
    "console": ("print alerts here", []),
    "slack": ("Slack, by an incoming webhook", ['url = { env = "SLACK_WEBHOOK" }']),
    "discord": ("Discord, by a webhook", ['url = { env = "DISCORD_WEBHOOK" }']),
    "telegram": ("Telegram, by a bot", ['token = { env = "TELEGRAM_TOKEN" }', 'chat = "@your_channel"']),
    "webhook": ("an address of your own", ['url = { env = "ALERT_URL" }', 'secret = { env = "ALERT_SECRET" }']),
}
"""What can be chosen, with the keys each needs; docs/channels.md has the others."""
FREE = ("bluesky", "mastodon", "feed", "telegram")
"""Sources that need no credentials."""


@click.command()
@click.option("--to", "place", metavar="FILE", help="Default: ./config.toml if there is none yet, else ~/.config/hotline/config.toml.")
@click.option("--countries", help="ISO codes: US,IN,FR,EU. Asked for if not given.")
@click.option("--channel", type=click.Choice(list(CHANNELS)), help="Asked for if not given.")
@click.option("--timezone", help="IANA name. Asked for if not given.")
def init(place: str | None, *, countries: str | None, channel: str | None, timezone: str | None) -> None:
    """Write a config.toml from three questions: which countries, which channel, which time zone. Overwrites nothing."""
    target = _target(place)
    codes = _codes(countries or click.prompt("Countries to watch, as ISO codes", default="US,IN,FR,DE,GB,EU"))
    for name, (words, _) in CHANNELS.items():
        if channel is None:
            click.echo(f"  {name:<10} {words}")
    chosen = channel or click.prompt("Channel", type=click.Choice(list(CHANNELS)), default="console")
    zone = _zone(timezone or click.prompt("Your time zone", default="UTC"))
    text = "\n".join(lines(codes, chosen, zone))
    check_parts(load(text))  # what is written is right, but for the secrets that only you can set
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        file.write(text)
    target.chmod(0o600)
    out.print(f"[green]written[/]  {plain(target)}")
    out.print("Next: set the secrets it names, then `check --online`, then `run`.")


def _target(place: str | None) -> Path:
    target = Path(place) if place else Path("config.toml")
    if not place and target.exists():
        target = config_home() / "config.toml"
    if target.exists():
        raise ConfigError([Problem("--to", f'"{target}"', "is there already; name another file, or edit it")])
    return target


def _codes(text: str) -> list[str]:
    codes = [code for code in text.upper().replace(",", " ").split() if code]
    known = set(directory.countries())
    problems = [Problem("countries", f'"{code}"', "no official accounts known; see `accounts find`") for code in codes if code not in known]
    if problems or not codes:
        raise ConfigError(problems or [Problem("countries", "", "name at least one")])
    return codes


def _zone(text: str) -> str:
    try:
        return time_zone(text)
    except ValueError as error:
        raise ConfigError([Problem("timezone", f'"{text}"', str(error))]) from None


def lines(codes: Sequence[str], channel: str, zone: str) -> Iterator[str]:
    """The configuration, line by line."""
    yield "# Written by `init`. Accounts are from the shipped directory and unverified: see `check --online`."
    yield f"[desk]\ntimezone = {json.dumps(zone)}\n"
    yield "[channels.desk]"
    yield f'type = "{channel}"'
    yield from CHANNELS[channel][1]
    if channel != "console":
        yield 'fallback = "console"\n\n[channels.console]\ntype = "console"\n\n[[route]]\nchannels = ["desk"]'
    yield ""
    can = set(source_registry()) & set(FREE)
    for code in codes:
        for entry in directory.find(code):
            if entry.source in can and not entry.doubtful:
                yield f"# {entry.name}"
                yield as_toml({"source": entry.source, "handle": entry.handle, "id": entry.id, "country": entry.country, "kind": entry.kind, "office": entry.office})
