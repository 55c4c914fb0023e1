"""`export`: the log for people without Hotline."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.base import as_json, out, plain, print_json
from monitor.cli.log import database_option
from monitor.cli.review import desk_of, need_datasette


@click.group()
def export() -> None:
    """Make something of the log to share."""


@export.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 36500), help="How far back.")
@as_json
@database_option
def site(path: Path, *, folder: Path, days: int, as_json: bool) -> None:
    """Write a static site into FOLDER: contacts, leaders, pairs, plots, feed and calendar. It needs no server and fetches nothing.

    Nothing of the desk's own goes along: no judgements, alerts, channels or accounts.
    """
    need_datasette()
    from monitor.review.site import export_site

    pages = export_site(desk_of(path), folder, days)
    if as_json:
        print_json({"folder": str(folder), "pages": pages})
    else:
        out.print(f"{pages} pages in {plain(folder)}; open {plain(folder / 'index.html')}")
