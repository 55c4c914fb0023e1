"""`check` and `config schema`: is the configuration right, and, with --online, does the world agree with it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import click
from pydantic import BaseModel

from monitor.channels import DeliveryError
from monitor.channels import channels as channel_registry
from monitor.cli.assemble import open_to_others, plan_of
from monitor.cli.base import as_json, err, now, out, print_json, table
from monitor.cli.reference import reference
from monitor.config import Config
from monitor.daemon import Plan, World
from monitor.daemon.crew import open_channels, open_sources
from monitor.model import Account, Identity, Outcome
from monitor.sources import sources as source_registry

AT_ONCE = 8
"""Look-ups under way at once."""


@click.command()
@click.option("--online", is_flag=True, help="Also look up every account and probe every channel; posts nothing.")
@as_json
@click.pass_obj
def check(config_path: str | None, *, online: bool, as_json: bool) -> None:
    """Say whether config.toml is right. Exit status 0: it is; 1: something online is not; 2: it is not."""
    plan = plan_of(config_path)
    config = plan.config
    warnings = [w for w in [open_to_others(plan.place)] if w]
    answer: dict[str, Any] = {"config": str(plan.place), "accounts": len(config.account), "channels": list(config.channels), "warnings": warnings}
    if online:
        answer["online"] = asyncio.run(_look(plan, show=not as_json))
    if as_json:
        print_json(answer)
    else:
        out.print(f"[green]good[/]  {plan.place}: {len(config.account)} accounts, channels {', '.join(config.channels)}")
        for warning in warnings:
            err.print(f"[yellow]warning[/] {warning}")
        if online:
            _tables(answer["online"])
    if online and not all(row["fine"] for rows in answer["online"].values() for row in rows):
        raise SystemExit(1)


async def _look(plan: Plan, *, show: bool) -> dict[str, list[dict[str, Any]]]:
    """Every account identified, every channel probed."""
    world = World(now, random.random)
    limit = asyncio.Semaphore(AT_ONCE)
    async with open_sources(plan, world) as sources, open_channels(plan, world) as channels:

        async def account(one: Account) -> dict[str, Any]:
            async with limit:
                outcome, identity = await sources[one.source].identify(one)
                return _account_row(one, outcome, identity)

        async def channel(name: str) -> dict[str, Any]:
            async with limit:
                try:
                    return {"channel": name, "fine": True, "says": await channels[name].probe()}
                except DeliveryError as error:
                    return {"channel": name, "fine": False, "says": error.text}

        accounts = [account(one) for one in plan.config.accounts()]
        if show:
            err.print(f"[dim]looking up {len(accounts)} accounts and {len(channels)} channels …[/]")
        return {
            "accounts": list(await asyncio.gather(*accounts)),
            "channels": list(await asyncio.gather(*(channel(name) for name in channels))),
        }


def _account_row(account: Account, outcome: Outcome, identity: Identity | None) -> dict[str, Any]:
    pinned = bool(account.id and identity and account.id != identity.id)
    says = "the pinned id belongs to another account" if pinned else outcome.detail
    return {
        "account": account.key, "fine": outcome.fine and not pinned, "outcome": outcome.kind, "says": says,
        "id": identity.id if identity else None, "handle": identity.handle if identity else None,
        "name": identity.display_name if identity else None, "last_post": identity.last_post if identity else None,
        "domain": identity.domain_handle if identity else None, "verified": identity.verified if identity else None,
    }  # fmt: skip


def _tables(found: Mapping[str, list[dict[str, Any]]]) -> None:
    def mark(row: Mapping[str, Any]) -> str:
        return "ok" if row["fine"] else row.get("outcome") or "failed"

    table(
        "\nAccounts", ["account", "", "id", "name", "last post", "proof", ""],
        ([r["account"], mark(r), r["id"], r["name"], r["last_post"] and f"{r['last_post']:%Y-%m-%d %H:%M}", _proof(r), r["says"]] for r in found["accounts"]),
    )  # fmt: skip
    table("\nChannels", ["channel", "", ""], ([r["channel"], mark(r), r["says"]] for r in found["channels"]))


def _proof(row: Mapping[str, Any]) -> str:
    """What speaks for an account being whose it says."""
    return ", ".join(word for word, holds in (("own domain", row["domain"]), ("verified", row["verified"])) if holds)


@click.group()
def config() -> None:
    """About config.toml."""


@config.command()
def schema() -> None:
    """Print the JSON Schema of config.toml, for editors that complete and check TOML."""
    print_json(config_schema())


@config.command("reference")
def print_reference() -> None:
    """Print the reference of all keys as Markdown (docs/configuration.md)."""
    click.echo(reference(), nl=False)


def config_schema() -> dict[str, Any]:
    """The common keys, and the keys of every source and channel where they belong."""
    whole = Config.model_json_schema(by_alias=True)
    parts = whole.setdefault("$defs", {})

    def add(model: type[BaseModel]) -> dict[str, Any]:
        own = model.model_json_schema(by_alias=True)
        parts.update(own.pop("$defs", {}))
        return own

    sources = {name: add(source.Settings) for name, source in source_registry().items()}
    whole["properties"]["sources"] = {"type": "object", "properties": sources, "additionalProperties": False}
    for account_keys in (add(source.Options) for source in source_registry().values()):
        parts["AccountTable"]["properties"] |= {
            k: v for k, v in account_keys.get("properties", {}).items() if k not in parts["AccountTable"]["properties"]
        }
    common = parts["ChannelTable"]["properties"]
    kinds = []
    for name, channel in channel_registry().items():
        own = add(channel.Settings)
        keys = common | own.get("properties", {}) | {"type": {"const": name}}
        kinds.append({"type": "object", "properties": keys, "required": ["type", *own.get("required", [])], "additionalProperties": False})
    whole["properties"]["channels"] = {"type": "object", "additionalProperties": {"oneOf": kinds}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Hotline's config.toml", **whole}
