"""What every command shares: finding the configuration, printing, complaining."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.config import Config, ConfigError, Problem, SecretError, load
from monitor.store import StoreError

PROBLEMS = (ConfigError, SecretError, StoreError)
"""What a command may meet that is the user's to mend: told in a line each, without a traceback."""

PIPED = 160
"""Columns where the output is no terminal and nothing says how wide it is."""


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED
    return console


out = _console()
err = _console(stderr=True)

F = TypeVar("F", bound=Callable[..., Any])


def now() -> datetime:
    """The wall clock. Only the daemon and the command line read it."""
    return datetime.now(UTC)


def complain(error: Exception) -> None:
    """The error in red, a line a problem, on standard error."""
    for line in str(error).splitlines() or [type(error).__name__]:
        err.print(f"[bold red]error[/] {escape(line)}", soft_wrap=True)


def as_json(command: F) -> F:
    """The `--json` option."""
    return click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")(command)


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def config_home() -> Path:
    """The XDG configuration folder of Hotline."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hotline"


def data_home() -> Path:
    """The XDG data folder of Hotline: the refreshed leader registry lives here."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hotline"


def find_config(path: str | None) -> Path:
    """`--config`, else ./config.toml, else the XDG configuration folder."""
    if path:
        return Path(path)
    places = [Path("config.toml"), config_home() / "config.toml"]
    found = next((p for p in places if p.is_file()), None)
    if found is None:
        looked = " nor ".join(str(p) for p in places)
        raise ConfigError([Problem("config.toml", "", f"found neither {looked}; name one with --config FILE")])
    return found


def read_config(path: str | None) -> tuple[Config, Path]:
    """The checked configuration and where it was read from; relative paths in it are relative to that."""
    place = find_config(path)
    try:
        text = place.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([Problem(str(place), "", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise ConfigError([Problem(str(place), "", "is not UTF-8 text; save it as UTF-8")]) from None
    return load(text), place.resolve()


def database_path(config: Config, place: Path) -> Path:
    """Where the log is."""
    return place.parent / Path(config.database.path).expanduser()


WORDY = frozenset(("who", "headline", "text", "detail", "outcome", "says", "name", ""))
"""Columns that may take several lines; the others stay on one."""


_STEERING = dict.fromkeys((*range(32), *range(127, 160), *range(8234, 8239), *range(8294, 8298), 8206, 8207, 1564, 8232, 8233), "�")
del _STEERING[0x0A]


def inert(text: str) -> str:
    """Text of others as a terminal may show it: what would steer the terminal or turn the writing round becomes a mark.

    One character for one, so that offsets stay true.
    """
    return text.translate(_STEERING)


def plain(value: object) -> str:
    """Any value for a line with markup: inert, and its brackets no markup."""
    return escape(inert(str(value)))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table whose cells are shown as they are, never interpreted."""
    grid = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold", no_wrap=column not in WORDY)
    for row in rows:
        grid.add_row(*("" if cell is None else plain(cell) for cell in row))
    out.print(grid)


def pick(row: Mapping[str, Any], *names: str) -> list[Any]:
    return [row.get(name) for name in names]
