"""`review`: the desk in a browser, on the live log."""

from __future__ import annotations

import asyncio
import getpass
import importlib.util
import ipaddress
import logging
import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from monitor.cli.assemble import leaders_of, reveal
from monitor.cli.base import find_config, now, out, plain, read_config
from monitor.cli.log import database_option
from monitor.config import Config, ConfigError, Problem, load

if TYPE_CHECKING:
    from monitor.review.desk import Desk


def need_datasette() -> None:
    """ConfigError where the optional packages of the desk are not installed."""
    if importlib.util.find_spec("datasette") is None:
        raise ConfigError([Problem("review", "", "needs Datasette, which is not installed: pip install 'hotline[review]'")])


def config_or_default() -> Config:
    """config.toml where there is one; `--database` works without."""
    given = click.get_current_context().find_root().obj
    try:
        find_config(given)
    except ConfigError:
        if given:
            raise
        return load('[channels.console]\ntype = "console"\n')
    return read_config(given)[0]


def desk_of(path: Path) -> Desk:
    """The desk as configured, on the log at `path`."""
    from monitor.review.desk import Desk
    from monitor.review.login import Session

    config = config_or_default()
    password = reveal(config.review.password) if config.review.password else None
    address = (config.desk.review_url or "").rstrip("/")
    parts = urlsplit(address)
    return Desk(
        path, now, config.desk.name, config.desk.timezone, getpass.getuser(), leaders_of(config), base=parts.path,
        address=f"{parts.scheme}://{parts.netloc}" if address else "", session=Session(password) if password else None,
    )  # fmt: skip


@click.command()
@click.option("--host", help="Address to listen on; default: [review] host, 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: [review] port, 8642; 0: any that is free.")
@click.option("--open", "open_it", is_flag=True, help="Open the browser.")
@database_option
def review(path: Path, *, host: str | None, port: int | None, open_it: bool) -> None:
    """Open the review desk: contacts, stories, judging, plots, search, exports.

    It reads the live log while Hotline runs, and writes nothing but what people do. Ctrl-C ends it.
    """
    need_datasette()
    config = config_or_default()
    host, port = host or config.review.host, config.review.port if port is None else port
    if not is_loopback(host) and not (config.review.password or config.review.user_header):
        raise ConfigError([Problem("review.host", f'"{host}"', "others could reach the desk: set [review] password, or user_header behind a proxy")])
    logging.basicConfig(format="%(levelname)s %(message)s")
    desk = desk_of(path)
    listening = _listen(host, port)
    asyncio.run(_serve(desk, config, listening, host, open_it=open_it))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket; ConfigError where the address is taken or not ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError([Problem("review.port", f'"{host}:{port}"', f"cannot listen there ({error.strerror}); choose another with --port")]) from None


async def _serve(desk: Desk, config: Config, listening: socket.socket, host: str, *, open_it: bool) -> None:
    from monitor.review.app import open_desk, serve

    outside = urlsplit(config.desk.review_url or "").hostname
    named = [*config.review.hosts, *([outside] if outside else []), *([] if is_loopback(host) else [host])]
    app = await open_desk(desk, named, config.review.user_header, config.review.proxies)
    shown = "localhost" if is_loopback(host) else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}{desk.base}/"
    out.print(f"the desk is at [bold]{plain(address)}[/]  (Ctrl-C ends it)")
    if open_it:
        webbrowser.open(address)
    await serve(app, listening)
