"""`review`: the desk in a browser, on the live log."""

from __future__ import annotations

import asyncio
import getpass
import importlib.util
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.base import now, out, plain
from monitor.cli.log import database_option
from monitor.config import ConfigError, Problem

if TYPE_CHECKING:
    from monitor.review.desk import Desk

PORT = 8642


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535))
@click.option("--open", "open_it", is_flag=True, help="Open the browser.")
@database_option
def review(path: Path, *, host: str, port: int, open_it: bool) -> None:
    """Open the review desk: contacts, stories, judging, plots, search, exports."""
    if importlib.util.find_spec("datasette") is None:
        raise ConfigError([Problem("review", "", "needs Datasette: pip install 'hotline[review]'")])
    from monitor.review.desk import Desk

    desk = Desk(path, now, who=getpass.getuser())
    asyncio.run(_serve(desk, host, port, open_it=open_it))


async def _serve(desk: Desk, host: str, port: int, *, open_it: bool) -> None:
    import uvicorn

    from monitor.review.app import open_desk

    app = await open_desk(desk)
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning", proxy_headers=False, server_header=False))
    address = f"http://{'localhost' if host == '127.0.0.1' else host}:{port}{desk.base}/"
    out.print(f"the desk is at [bold]{plain(address)}[/]  (Ctrl-C ends it)")
    if open_it:
        webbrowser.open(address)
    await server.serve()
