"""`run`, `once`, `reload`: the daemon and its one-pass form."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import sys
import time
from typing import Literal

import click

from monitor.cli.assemble import plan_of
from monitor.cli.base import as_json, database_path, now, out, print_json, read_config
from monitor.daemon import Daemon, World, set_up
from monitor.daemon import once as one_pass
from monitor.stages.steady import Steady
from monitor.store import StoreError
from monitor.store.database import Lock

LogStyle = Literal["text", "json"]
log_option = click.option("--log", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the log lines.")
verbose_option = click.option("--verbose", "-v", is_flag=True, help="Say more.")


def world() -> World:
    """The real clock and real chance. What the clock is held against goes on while the machine sleeps, where the system has such a one."""
    kind = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return World(now, random.random, Steady(now, lambda: time.clock_gettime(kind)))


@click.command()
@log_option
@verbose_option
@click.pass_obj
def run(config_path: str | None, *, style: LogStyle, verbose: bool) -> None:
    """Watch the accounts and alert until stopped (Ctrl-C or SIGTERM)."""
    set_up(style, "DEBUG" if verbose else "INFO")
    plan = plan_of(config_path)
    gc.freeze()  # registry and matcher stay as long as the process does

    async def serve() -> int:
        return await Daemon(plan, world(), lambda: plan_of(config_path)).run()

    sys.exit(asyncio.run(serve()))


@click.command()
@log_option
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for channels to take what is due.")
@click.pass_obj
def once(config_path: str | None, *, style: LogStyle, wait: float) -> None:
    """One pass: poll every account, alert, and exit.

    Exit status 0: everything was read and sent; 1: an account could not be read or an alert waits; 2: it could not begin.
    """
    set_up(style)
    plan = plan_of(config_path)
    sys.exit(0 if asyncio.run(one_pass(plan, world(), wait)) else 1)


@click.command()
@as_json
@click.pass_obj
def reload(config_path: str | None, *, as_json: bool) -> None:
    """Have the running daemon read config.toml again; a bad one is refused here and changes nothing."""
    plan_of(config_path)  # the same checks the daemon makes, so that the answer is on this screen
    config, place = read_config(config_path)
    path = database_path(config, place)
    pid = Lock(path).holder()
    if pid is None:
        raise StoreError(f"no Hotline runs on {path}: start it with `run`")
    os.kill(pid, signal.SIGHUP)
    if as_json:
        print_json({"reloaded": True, "pid": pid})
    else:
        out.print(f"told Hotline (process {pid}) to read {place} again")
