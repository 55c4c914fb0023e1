"""The desk put together: Datasette on the live log, our pages as its plugin, the guard in front.

Datasette brings the tables, SQL, JSON and CSV of the log under `/log`; the pages of `ROUTES` are ours.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn
from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from datasette.utils.asgi import Base400, Request, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup, escape

from monitor.review.desk import Answer, Ask, Desk, NotFound, Page, Refused
from monitor.review.guard import App, Guard
from monitor.review.links import Links, web
from monitor.review.login import Gate
from monitor.review.pages import acts, contact, door, front, judge, lists, people, plots, quality, single
from monitor.review.queries import QUERIES
from monitor.review.render import render
from monitor.store import Reading, StoreError

log = logging.getLogger("hotline.review")

HERE = Path(__file__).parent
DATABASE = "log"
CELL = 2048
"""Characters of an address that a table shows."""

LOOPBACK = ("127.0.0.1", "::1")

ROUTES: tuple[tuple[str, Page, Page | None], ...] = (
    (r"/$", front.front, None),
    (r"/pulse\.json$", front.beat, None),
    (r"/contact/(?P<contact>[^/]+)/(?P<answer>right|wrong|not-news)$", acts.answer, None),
    (r"/contact/(?P<contact>[^/]+)\.json$", single.story, None),
    (r"/contact/(?P<contact>[^/]+)$", contact.contact, None),
    (r"/contacts$", lists.contacts, None),
    (r"/contacts\.atom$", lists.as_atom, None),
    (r"/contacts\.ics$", lists.as_calendar, None),
    (r"/contacts\.csv$", lists.as_csv, None),
    (r"/contacts\.json$", lists.as_json, None),
    (r"/search$", lists.search, None),
    (r"/post$", single.post, None),
    (r"/leaders$", people.leaders, None),
    (r"/leader/(?P<party>[^/]+)$", people.leader, None),
    (r"/pair/(?P<a>[^/]+)/(?P<b>[^/]+)$", people.pair, None),
    (r"/plots$", plots.plots, None),
    (r"/judge$", judge.judge, None),
    (r"/quality$", quality.quality, None),
    (r"/labels\.jsonl$", quality.as_jsonl, None),
    (r"/accounts$", single.accounts, None),
    (r"/login$", door.form, door.enter),
    (r"/logout$", acts.nothing, door.leave),
    (r"/help$", single.guide, None),
    (r"/act$", acts.nothing, acts.act),
    (r"/label$", acts.nothing, acts.label),
)
"""Address, what shows it, what takes a form sent to it."""


class Plugin:
    """Hotline's pages as a Datasette plugin. A desk is an attribute of its own Datasette; others get nothing."""

    def __init__(self) -> None:
        self.__name__ = "hotline-desk"  # Datasette lists plugins by it; no module's, so that it looks for no files beside it

    @hookimpl  # type: ignore[untyped-decorator]
    def register_routes(self, datasette: Any) -> list[tuple[str, Any]]:
        desk = getattr(datasette, "hotline", None)
        if desk is None:
            return []
        return [(address, _view(desk, show, take)) for address, show, take in ROUTES]

    @hookimpl  # type: ignore[untyped-decorator]
    def extra_template_vars(self, datasette: Any) -> dict[str, str]:
        desk = getattr(datasette, "hotline", None)
        return {} if desk is None else {"desk_name": desk.name}

    @hookimpl  # type: ignore[untyped-decorator]
    def render_cell(self, value: Any, column: str, datasette: Any) -> Markup | None:
        """Contacts and posts in Datasette's tables lead to their pages, addresses out only if plain; other cells are Datasette's."""
        desk = getattr(datasette, "hotline", None)
        if desk is None or not isinstance(value, str) or not value:
            return None
        if value.lower().startswith(("http://", "https://")):
            address = web(value)
            return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(address, value[:CELL]) if address else escape(value[:CELL])
        if column not in ("contact", "post"):
            return None
        links = Links(desk.base)
        return Markup('<a href="{}">{}</a>').format(links.contact(value) if column == "contact" else links.post(value), value)

    @hookimpl  # type: ignore[untyped-decorator]
    def handle_exception(self, datasette: Any, request: Any, exception: Exception) -> Any:
        desk = getattr(datasette, "hotline", None)
        return None if desk is None else lambda: _failed(desk, request, exception)


class LogDatabase(Database):  # type: ignore[misc]
    """The log. Its tables are not counted for every look at the list of them: with millions of rows that takes a second."""

    async def table_counts(self, limit: int = 10) -> dict[str, int | None]:
        return dict.fromkeys(await self.table_names())


PLUGIN = Plugin()
PRINTS_LOCALS = "datasette.handle_exception"
"""Datasette's own answer to every fault and every wrong address: a traceback with all values on the terminal."""


def datasette_on(desk: Desk) -> Any:
    """Datasette on the log of a desk, read-only, while the daemon writes."""
    if not pm.is_registered(PLUGIN):
        pm.register(PLUGIN, name="hotline-desk")
        pm.unregister(name=PRINTS_LOCALS)
    base = f"{desk.base}/" if desk.base else "/"
    ds = Datasette(
        [],
        metadata={
            "title": f"{desk.name}: the log",
            "extra_css_urls": [f"{desk.base}/-/desk/data.css"],
            "databases": {DATABASE: {"title": "The log", "queries": QUERIES}},
        },
        template_dir=str(HERE / "templates" / "datasette"),
        static_mounts=[("-/desk", str(HERE / "static"))],
        settings={"base_url": base, "sql_time_limit_ms": 2000, "num_sql_threads": 3, "default_page_size": 50, "suggest_facets": False,
                  "allow_download": False, "default_cache_ttl": 0, "trace_debug": False},
    )  # fmt: skip
    ds.add_database(LogDatabase(ds, path=str(desk.path), is_mutable=True), name=DATABASE)
    ds.hotline = desk
    return ds


async def open_desk(desk: Desk, hosts: Sequence[str] = (), header: str | None = None, proxies: Sequence[str] = LOOPBACK) -> App:
    """The whole desk as one ASGI application. StoreError where the log cannot be read.

    `hosts` are names under which it is reached besides this machine's; `header` is the request header in which one of
    `proxies` (addresses) names the person.
    """
    await asyncio.to_thread(lambda: Reading(desk.path).close())
    ds = datasette_on(desk)
    await ds.invoke_startup()
    return Guard(Gate(ds.app(), desk.clock, desk.session, header, proxies, desk.base), hosts)


async def serve(app: App, listening: socket.socket) -> None:
    """Answer on a listening socket until the process is told to end."""
    settings = uvicorn.Config(app, log_level="warning", proxy_headers=False, server_header=False, timeout_graceful_shutdown=2)
    await uvicorn.Server(settings).serve(sockets=[listening])


def _view(desk: Desk, show: Page, take: Page | None) -> Callable[..., Awaitable[Any]]:
    async def view(request: Request) -> Any:
        page = take if request.method == "POST" else show
        if page is None:
            return Response.text("There is nothing to send here.", status=405)
        form = parse_qs((await request.post_body()).decode("utf-8", "replace"), keep_blank_values=True) if request.method == "POST" else {}
        answer = await asyncio.to_thread(_answer, desk, page, request, form)
        return response(answer)

    return view


def _answer(desk: Desk, page: Page, request: Any, form: Mapping[str, list[str]]) -> Answer:
    """Run a page on a reading of the log of its own; what is wrong becomes a page that says so."""
    parts = {name: unquote(value, errors="replace") for name, value in request.url_vars.items() if value is not None}
    token = request.scope.get("csrftoken")
    try:
        reading = Reading(desk.path)
    except StoreError as error:
        return Answer(str(error), "text/plain; charset=utf-8", 503)
    with reading:
        ask = Ask(
            desk, reading, desk.clock(), request.scope.get("hotline.who") or desk.who, Links(desk.base),
            parse_qs(request.query_string, keep_blank_values=True, max_num_fields=100), form, token() if token else "",
            unquote(request.path), desk.address or f"{request.scheme}://{request.host}", "hotline.who" in request.scope,
        )  # fmt: skip
        try:
            return page(ask, **parts)
        except NotFound as error:
            return render(ask, "message.html", 404, title="Not found", words=str(error))
        except Refused as error:
            return render(ask, "message.html", 400, title="That cannot be done", words=str(error))
        except StoreError as error:
            return render(ask, "message.html", 400, title="The log cannot answer that", words=str(error))


async def _failed(desk: Desk, request: Any, error: Exception) -> Any:
    """The answer to a fault of ours or of Datasette's, in the desk's own form; JSON where JSON was asked for."""
    status = error.status if isinstance(error, Base400 | DatasetteError) else 500
    if status == 500:
        log.error("%s: %s", request.path, type(error).__name__, exc_info=error)
        words = "Something went wrong here. The desk's own output on the terminal says what."
    else:
        words = str(getattr(error, "message", None) or (error.args[0] if error.args else "")) or "There is no such page."
    if request.path.endswith(".json"):
        return Response.json({"ok": False, "error": words, "status": status}, status=status)

    def page(ask: Ask, **_: str) -> Answer:
        return render(ask, "message.html", status, title="Not found" if status == 404 else "That cannot be done", words=words)

    return response(await asyncio.to_thread(_answer, desk, page, request, {}))


def response(answer: Answer) -> Any:
    headers = dict(answer.headers)
    if answer.location is not None:
        return Response("", status=303, headers={**headers, "location": answer.location})
    if answer.filename is not None:
        headers["content-disposition"] = f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "-", answer.filename)}"'
    return Response(answer.body, status=answer.status, headers=headers, content_type=answer.content_type)
