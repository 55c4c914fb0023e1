"""The command line: one file a subject, one line a command in `COMMANDS`.

A command reads, asks for values, and prints; what it decides is decided elsewhere. Errors for people are one line
on standard error and exit status 2; with `--json` the answer is JSON on standard output.
"""

from __future__ import annotations

import importlib
import sys

import click

from monitor import __version__
from monitor.cli.base import PROBLEMS, complain

COMMANDS = {
    "run": "monitor.cli.run:run",
    "once": "monitor.cli.run:once",
    "demo": "monitor.cli.demo:demo",
    "reload": "monitor.cli.run:reload",
    "init": "monitor.cli.init:init",
    "check": "monitor.cli.check:check",
    "doctor": "monitor.cli.care:doctor",
    "backup": "monitor.cli.care:backup",
    "recover": "monitor.cli.care:recover",
    "config": "monitor.cli.check:config",
    "match": "monitor.cli.match:match",
    "log": "monitor.cli.log:log",
    "show": "monitor.cli.show:show",
    "stats": "monitor.cli.stats:stats",
    "status": "monitor.cli.stats:status",
    "channels": "monitor.cli.channels:channels",
    "accounts": "monitor.cli.accounts:accounts",
    "backfill": "monitor.cli.accounts:backfill",
    "import": "monitor.cli.imports:import_",
    "replay": "monitor.cli.replay:replay",
    "silence": "monitor.cli.acts:silence",
    "retract": "monitor.cli.acts:retract",
    "contact": "monitor.cli.acts:contact",
    "verify": "monitor.cli.acts:verify",
    "leaders": "monitor.cli.leaders:leaders",
    "review": "monitor.cli.review:review",
    "labels": "monitor.cli.labels:labels",
    "export": "monitor.cli.export:export",
    "tidy": "monitor.cli.tidy:tidy",
}
"""Read when a command is called, so that `--help` and small commands start fast."""


class Commands(click.Group):
    """A group that imports a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hotline")
@click.option("--config", "config_path", metavar="FILE", help="Default: ./config.toml, then ~/.config/hotline/config.toml.")
@click.pass_context
def hotline(ctx: click.Context, config_path: str | None) -> None:
    """Hotline watches official accounts and tells your desk when leaders call, meet or visit each other."""
    ctx.obj = config_path


def main() -> None:
    """The console script and `bot.py`."""
    try:
        hotline(prog_name="hotline")
    except PROBLEMS as error:
        complain(error)
        sys.exit(2)
