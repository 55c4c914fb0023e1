"""Putting Hotline together from its configuration: sources, channels, registry, matcher.

The parts' own keys are checked here, with the part's own model, so that every error of a configuration is told at
once and names its key, wherever it belongs.
"""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.channels import channels as channel_registry
from monitor.cli.base import data_home, database_path, read_config
from monitor.config import AccountTable, ChannelTable, Config, ConfigError, Problem, Secret, did_you_mean, explain
from monitor.daemon import Plan
from monitor.leaders import Registry
from monitor.leaders import load as load_leaders
from monitor.match import Matcher, Rules
from monitor.sources import sources as source_registry


@dataclass(frozen=True, slots=True)
class Parts:
    """The checked settings of every source and channel in use, by name."""

    sources: Mapping[str, BaseModel]
    channels: Mapping[str, BaseModel]


def read_text(path: str) -> str:
    """A small file as text; `~` is the home folder."""
    return Path(path).expanduser().read_text(encoding="utf-8")


def reveal(secret: Secret) -> str:
    """A secret's value from the environment or its file; SecretError otherwise."""
    return secret.reveal(os.environ, read_text)


def check_parts(config: Config) -> Parts:
    """Check the keys that belong to sources and channels. Raises ConfigError with every problem."""
    problems: list[Problem] = []
    sources = _check_sources(config, problems)
    channels = {name: settings for name, table in config.channels.items() if (settings := _check_channel(name, table, problems))}
    if problems:
        raise ConfigError(problems)
    return Parts(sources, channels)


def _check_sources(config: Config, problems: list[Problem]) -> dict[str, BaseModel]:
    known = source_registry()
    problems += [
        Problem(f"sources.{name}", "", "no such source; " + did_you_mean(name, known)) for name in config.sources if name not in known
    ]
    settings: dict[str, BaseModel] = {}
    for i, account in enumerate(config.account):
        if account.source not in known:
            hint = "no such source; " + did_you_mean(account.source, known)
            problems.append(Problem(f"account[{i + 1}].source", f'"{account.source}"', hint))
            continue
        model = known[account.source]
        if account.source not in settings:
            made = _validated(model.Settings, config.sources.get(account.source, {}), f"sources.{account.source}", problems)
            settings[account.source] = made if made is not None else model.Settings.model_construct()
        _validated(model.Options, account.own, f"account[{i + 1}]", problems, common=AccountTable)
    return settings


def _check_channel(name: str, table: ChannelTable, problems: list[Problem]) -> BaseModel | None:
    known = channel_registry()
    if table.type not in known:
        hint = "no such channel type; " + did_you_mean(table.type, known)
        problems.append(Problem(f"channels.{name}.type", f'"{table.type}"', hint))
        return None
    return _validated(known[table.type].Settings, table.own, f"channels.{name}", problems, common=ChannelTable)


def _validated(
    model: type[BaseModel], values: Mapping[str, Any], path: str, problems: list[Problem], common: type[BaseModel] | None = None
) -> BaseModel | None:
    """The values as the part's model, or None with the problems noted. `common` are keys that a typo may have meant."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        for problem in explain(error, model, path):
            key = problem.key.removeprefix(path + ".")
            if problem.remedy.startswith("unknown key") and common is not None:
                everything = [*common.model_fields, *(f.alias or n for n, f in model.model_fields.items())]
                problem = Problem(problem.key, problem.value, "unknown key; " + did_you_mean(key, everything))
            problems.append(problem)
        return None


def missing_secrets(parts: Parts) -> list[Problem]:
    """Every secret of the channels and sources that cannot be read now, by key."""
    problems: list[Problem] = []
    tables = {f"channels.{n}": s for n, s in parts.channels.items()} | {f"sources.{n}": s for n, s in parts.sources.items()}
    for path, settings in tables.items():
        for key in type(settings).model_fields:
            value = getattr(settings, key)
            if isinstance(value, Secret):
                try:
                    reveal(value)
                except Exception as error:  # noqa: BLE001 - told to the user as it is
                    problems.append(Problem(f"{path}.{key}", "", str(error)))
    return problems


def leaders_of(config: Config) -> Registry:
    """The shipped registry, refreshed by the user's data folder, corrected by `[[leader]]`."""
    try:
        return load_leaders([table.own for table in config.leader], data_home())
    except ValueError as error:
        raise ConfigError([Problem("leader", "", str(error))]) from None


def rules_of(config: Config) -> Rules:
    """The desk's own matching rules."""
    match = config.match
    return Rules(
        watch=tuple(match.watch),
        ignore=tuple(match.ignore),
        words={mode: tuple(phrases) for mode, phrases in match.words.items()},
        tiers=frozenset(match.tiers),
        people=dict(match.people),
    )


def matcher_of(config: Config, registry: Registry | None = None) -> Matcher:
    """The matcher on the registry, with the desk's rules."""
    gc.disable()  # tens of thousands of objects that stay: looking for garbage among them costs a fifth of the time
    try:
        return Matcher(registry or leaders_of(config), rules_of(config))
    except ValueError as error:
        raise ConfigError([Problem("match", "", str(error))]) from None
    finally:
        gc.enable()


def plan_of(path: str | None) -> Plan:
    """Everything a daemon runs on. Raises ConfigError or SecretError with all that is wrong."""
    config, place = read_config(path)
    parts = check_parts(config)
    problems = missing_secrets(parts)
    if problems:
        raise ConfigError(problems)
    registry = leaders_of(config)
    matcher = matcher_of(config, registry)
    plan = Plan(config, place, database_path(config, place), parts.sources, parts.channels, registry, matcher, reveal)
    plan.rules(), plan.desk()  # what they refuse is refused here, not at the first alert
    return plan


def open_to_others(place: Path) -> str | None:
    """A sentence where a configuration with secrets in files may be read by everyone on this machine."""
    mode = place.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{place} may be changed by other users of this machine: chmod go-w {place}"
    return None
