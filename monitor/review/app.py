"""The desk put together: Datasette on the live log, our pages as its plugin, the guard in front.

Datasette brings the tables, SQL, JSON and CSV of the log under `/log`; the pages of `ROUTES` are ours.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from datasette.utils.asgi import Request, Response

from monitor.review.desk import Answer, Ask, Desk, NotFound, Page, Refused
from monitor.review.guard import App, Guard
from monitor.review.links import Links
from monitor.review.pages import acts, contact, front, judge, lists, people, plots, quality, single
from monitor.review.queries import QUERIES
from monitor.review.render import render
from monitor.store import Reading, StoreError

HERE = Path(__file__).parent
DATABASE = "log"

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


PLUGIN = Plugin()


def datasette_on(desk: Desk) -> Any:
    """Datasette on the log of a desk, read-only, while the daemon writes."""
    if not pm.is_registered(PLUGIN):
        pm.register(PLUGIN, name="hotline-desk")
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
    ds.add_database(Database(ds, path=str(desk.path), is_mutable=True), name=DATABASE)
    ds.hotline = desk
    return ds


async def open_desk(desk: Desk, hosts: tuple[str, ...] = ()) -> App:
    """The whole desk as one ASGI application. StoreError where the log cannot be read."""
    await asyncio.to_thread(lambda: Reading(desk.path).close())
    ds = datasette_on(desk)
    await ds.invoke_startup()
    return Guard(ds.app(), hosts)


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
    with Reading(desk.path) as log:
        ask = Ask(
            desk, log, desk.clock(), request.scope.get("hotline.who") or desk.who, Links(desk.base),
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


def response(answer: Answer) -> Any:
    headers = dict(answer.headers)
    if answer.location is not None:
        return Response("", status=303, headers={**headers, "location": answer.location})
    if answer.filename is not None:
        headers["content-disposition"] = f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "-", answer.filename)}"'
    return Response(answer.body, status=answer.status, headers=headers, content_type=answer.content_type)
