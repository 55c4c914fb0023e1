"""A server that answers as X's API does, as far as the `x` source asks: users, searches, timelines, look-ups, limits, refusals."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from monitor.http import Fetcher
from monitor.model import Account, Page, Post
from monitor.sources.x import X, XSettings
from monitor.sources.x_window import id_at, moment_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PROBLEM = "https://api.twitter.com/2/problems/"


def problem(status: int, kind: str, title: str = "", **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"type": PROBLEM + kind, "title": title, "detail": title, "status": status, **more})


class Site:
    """Users by name, posts by id, and what it was asked."""

    def __init__(self) -> None:
        self.now = NOW
        self.users: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.posts: dict[str, dict[str, Any]] = {}
        self.deleted: set[str] = set()
        self.requests: list[httpx.Request] = []
        self.faults: dict[str, list[httpx.Response]] = {}  # by the end of a path; "" for any
        self.page = 100
        self.authors = True  # whether posts name their author
        self.headers: dict[str, str] = {}
        self.lag = timedelta(0)

    def join(self, name: str, native: str | None = None, **more: Any) -> Account:
        self.users[name] = native or str(1000 + len(self.users))
        return Account("x", name, id=native, **more)

    def post(self, name: str, text: str, at: datetime | None = None, **more: Any) -> str:
        native = str(id_at(at or self.now) + len(self.posts) + 1)
        self.posts[native] = {"id": native, "author_id": self.users[name], "text": text, "created_at": (at or self.now).isoformat(), **more}
        return native

    def edit(self, native: str, text: str) -> str:
        history = [*self.posts[native].get("edit_history_tweet_ids", [native])]
        newer = str(id_at(self.now) + len(self.posts) + 1)
        self.posts[newer] = {**self.posts[native], "id": newer, "text": text}
        for one in (*history, newer):
            self.posts[one]["edit_history_tweet_ids"] = [*history, newer]
        return newer

    def delete(self, native: str) -> None:
        for one in self.posts.pop(native).get("edit_history_tweet_ids", [native]):
            self.posts.pop(one, None)
            self.deleted.add(one)

    def paths(self) -> list[str]:
        return [re.sub(r"\d{3,}", "ID", request.url.path.removeprefix("/2/")) for request in self.requests]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path, params = request.url.path, request.url.params
        for end, faults in self.faults.items():
            if path.endswith(end) and faults:
                return faults.pop(0)
        if request.headers.get("authorization") != "Bearer sesame-bearer":
            return problem(401, "unauthorized", "Unauthorized")
        answer = self._route(path, params)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer, headers=self.headers)

    def _route(self, path: str, params: httpx.QueryParams) -> Any:
        if path == "/2/users/by":
            wanted = params["usernames"].split(",")
            known = {name.lower(): name for name in self.users}
            return self._looked_up([self._user(known[name.lower()]) for name in wanted if name.lower() in known],
                                   [name for name in wanted if name.lower() not in known])  # fmt: skip
        if path == "/2/users":
            by_id = {native: name for name, native in self.users.items()}
            wanted = params["ids"].split(",")
            return self._looked_up([self._user(by_id[i]) for i in wanted if i in by_id], [i for i in wanted if i not in by_id])
        if path == "/2/tweets":
            wanted = params["ids"].split(",")
            return self._looked_up([self._shown(self.posts[i], params) for i in wanted if i in self.posts], [i for i in wanted if i not in self.posts])
        if path == "/2/tweets/search/recent":
            return self._search(params)
        if path.endswith("/members"):
            return self._looked_up([self._user(name) for name in self.lists[path.split("/")[3]]], [])
        return self._paged([post for post in self.posts.values() if post["author_id"] == path.split("/")[3]], params, "pagination_token")

    def _search(self, params: httpx.QueryParams) -> Any:
        oldest = self.now - timedelta(days=7)
        if "since_id" in params and moment_of(int(params["since_id"])) < oldest:
            words = f"'since_id' must be a tweet id created after {oldest:%Y-%m-%dT%H:%MZ}. Please use a 'since_id' that is larger than {id_at(oldest)}"
            return problem(400, "invalid-request", "Invalid Request", errors=[{"parameters": {"since_id": [params["since_id"]]}, "message": words}])
        assert len(params["query"]) <= 512
        authors = set(re.findall(r"from:(\d+)", params["query"]))
        for native in re.findall(r"list:(\d+)", params["query"]):
            authors |= {self.users[name] for name in self.lists[native]}
        found = [p for p in self.posts.values() if p["author_id"] in authors and moment_of(int(p["id"])) >= oldest]
        found = [p for p in found if not any(r["type"] == "retweeted" for r in p.get("referenced_tweets", ()))]
        return self._paged([p for p in found if moment_of(int(p["id"])) <= self.now - self.lag], params, "next_token")

    def _paged(self, found: Sequence[Mapping[str, Any]], params: httpx.QueryParams, name: str) -> Any:
        since = int(params.get("since_id", "0"))
        newest = sorted((p for p in found if int(p["id"]) > since), key=lambda p: int(p["id"]), reverse=True)
        most = min(self.page, int(params["max_results"]))
        start = 0
        if name in params:
            after = params[name].removeprefix("t")
            start = next((place for place, p in enumerate(newest) if int(p["id"]) < int(after)), len(newest))
        shown = newest[start : start + most]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if not shown:
            return {"meta": meta}
        meta |= {"newest_id": shown[0]["id"], "oldest_id": shown[-1]["id"]}
        if start + most < len(newest):
            meta["next_token"] = f"t{shown[-1]['id']}"
        return {"data": [self._shown(p, params) for p in shown], "meta": meta}

    def _shown(self, post: Mapping[str, Any], params: httpx.QueryParams) -> dict[str, Any]:
        shown = dict(post)
        if not self.authors:
            del shown["author_id"]
        if "post.fields" in params:
            shown = {key.replace("tweet", "post"): value for key, value in shown.items()}
        return shown

    def _user(self, name: str) -> dict[str, Any]:
        return {"id": self.users[name], "username": name, "name": name.title(), "protected": False, "verified": True}

    def _looked_up(self, data: list[Any], missing: list[str]) -> dict[str, Any]:
        errors = [{"value": one, "resource_id": one, "type": PROBLEM + "resource-not-found", "title": "Not Found Error"} for one in missing]
        return ({"data": data} if data else {}) | ({"errors": errors} if errors else {})


class Reader:
    """Reads as the poll stage does: each page's cursors are stored with its posts."""

    def __init__(self, site: Site, monkey: Callable[[str, str], None], **settings: Any) -> None:
        monkey("X_TOKEN", "sesame-bearer")
        self.site, self.settings = site, {"token": {"env": "X_TOKEN"}, **settings}
        self.cursors: dict[str, str] = {}
        self.stored: dict[tuple[str, str], Post] = {}
        self.baseline: set[str] = set()
        self.restart()

    def restart(self) -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0)  # as over a network: others may ask meanwhile
            return self.site.answer(request)

        fetcher = Fetcher(httpx.MockTransport(answer), lambda: self.site.now)
        self.source = X(XSettings.model_validate(self.settings), fetcher)

    def keep(self, page: Page) -> None:
        for key, value in page.cursors.items():
            if value is None:
                self.cursors.pop(key, None)
            else:
                self.cursors[key] = value
        for post in page.posts:
            if (post.key, post.version) not in self.stored and post.account in page.baseline:
                self.baseline.add(post.key)
            self.stored.setdefault((post.key, post.version), post)

    async def pages(self, *accounts: Account) -> list[Page]:
        found = []
        for pack in self.source.packs(accounts):
            async for page in self.source.fetch(pack, dict(self.cursors), self.site.now):
                self.keep(page)
                found.append(page)
        return found

    async def new(self, *accounts: Account) -> list[str]:
        """Texts of what this poll brought that was not there before, baseline left out."""
        before = set(self.stored)
        await self.pages(*accounts)
        fresh = [post for mark, post in self.stored.items() if mark not in before and post.key not in self.baseline]
        return [post.parts.get("text") or post.parts["quote"] for post in fresh]
