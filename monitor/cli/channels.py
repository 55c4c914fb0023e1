"""`channels`: what each channel promises, how it is doing, a test alert, and taking a suspended one up again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from monitor.channels import DeliveryError
from monitor.channels import channels as channel_registry
from monitor.cli.acts import record
from monitor.cli.assemble import plan_of
from monitor.cli.base import as_json, database_path, now, out, plain, print_json, read_config, table
from monitor.cli.log import database_option
from monitor.config import Config, ConfigError, Problem, did_you_mean
from monitor.daemon import World
from monitor.daemon.crew import open_channels
from monitor.model import Delivery, Message
from monitor.store import Reading


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def channels(ctx: click.Context, *, as_json: bool) -> None:
    """List the channels: what each promises about repeats, its queue, its last success."""
    if ctx.invoked_subcommand is not None:
        return
    config, place = read_config(ctx.find_root().obj)
    rows = _rows(config, database_path(config, place))
    if as_json:
        print_json(rows)
        return
    heads = ["channel", "type", "state", "waiting", "last success", "promise", "last error"]
    table("", heads, ([r["channel"], r["type"], r["state"], r["waiting"], (r["last_success"] or "")[:16], r["guarantee"], r["last_error"]] for r in rows))


def _rows(config: Config, path: Path) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    if path.exists():
        with Reading(path) as reading:
            seen = {row["channel"]: row for row in reading.channels()}
    registry = channel_registry()
    rows = []
    for name, settings in config.channels.items():
        row = seen.get(name, {})
        kind = registry.get(settings.type)
        state = f"suspended: {row['suspended_why']}" if row.get("suspended_at") else "working"
        rows.append({
            "channel": name, "type": settings.type, "state": state, "waiting": row.get("waiting", 0), "last_success": row.get("last_success"),
            "last_error": row.get("last_error"), "guarantee": _promise(kind, settings.own), "fallback": settings.fallback,
        })  # fmt: skip
    return rows


def _promise(kind: Any, own: Mapping[str, Any]) -> str:
    if kind is None:
        return "no such type"
    try:
        return str(kind.promise(kind.Settings.model_validate(own)).words)
    except ValidationError:
        return "its settings are wrong: see check"


def _known(config: Config, name: str) -> None:
    if name not in config.channels:
        raise ConfigError([Problem("NAME", f'"{name}"', "no such channel; " + did_you_mean(name, config.channels))])


@channels.command()
@click.argument("name")
@as_json
@click.pass_context
def test(ctx: click.Context, name: str, *, as_json: bool) -> None:
    """Send a real test alert to channel NAME."""
    plan = plan_of(ctx.find_root().obj)
    _known(plan.config, name)
    try:
        detail = asyncio.run(_send_test(plan, name))
    except DeliveryError as error:
        raise ConfigError([Problem(f"channels.{name}", "", f"{error.kind}: {error.text}")]) from None
    if as_json:
        print_json({"channel": name, "sent": True, "detail": detail})
    else:
        out.print(f"[green]sent[/] to {plain(name)}{': ' + plain(detail) if detail else ''}; look whether it arrived as you want it")


async def _send_test(plan: Any, name: str) -> str:
    moment = now()
    message = Message(
        kind="test", id=f"test-{moment:%H%M%S}", headline="Test alert: this channel works.",
        lines=("No contact took place. Alerts of contacts will look like this one.",),
        quote="The words of the official's post will stand here, with the evidence marked.", quote_spans=((4, 9),),
        source=f"{plan.config.desk.name} · {moment:%Y-%m-%d %H:%M} UTC",
    )  # fmt: skip
    async with open_channels(plan, World(now, random.random)) as opened:
        channel = opened[name]
        receipt = await channel.send(Delivery(0, name, 0, f"hotline-test-{moment:%Y%m%d%H%M%S%f}", channel.render(message, None), 1))
    return receipt.detail or (receipt.provider_id or "")


@channels.command()
@click.argument("name")
@as_json
@database_option
@click.pass_context
def resume(ctx: click.Context, path: Path, *, name: str, as_json: bool) -> None:
    """Take up suspended channel NAME again: its queue is sent."""
    _known(read_config(ctx.find_root().obj)[0], name)
    record(path, "resume", name, {}, as_json=as_json)
