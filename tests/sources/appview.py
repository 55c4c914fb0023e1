"""A small AppView for tests: accounts, posts, pages, ETags, and what it answers when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from monitor.http import Fetcher

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DID = "did:plc:elysee00000000000000000a"


class AppView:
    """Newest posts first. `answers` are given first, before anything of its own."""

    def __init__(self) -> None:
        self.handle, self.did = "elysee.fr", DID
        self.posts: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response | Exception] = []
        self.gone: str | None = None  # an error name, e.g. AccountDeactivated
        self.records_gone: set[str] = set()
        self.now = NOW

    def fetcher(self) -> Fetcher:
        return Fetcher(httpx.MockTransport(self._answer), lambda: self.now)

    def post(self, text: str, minutes_ago: float = 0, **more: Any) -> str:
        number = len(self.posts) + 1
        uri = f"at://{self.did}/app.bsky.feed.post/3lbk{number:09d}"
        created = (NOW - timedelta(minutes=minutes_ago)).isoformat()
        self.posts.insert(
            0,
            {"uri": uri, "cid": f"bafyrei{number:052d}", "record": {"text": text, "createdAt": created, "langs": ["en"]}, **more},
        )
        return uri

    def edit(self, uri: str, text: str) -> None:
        post = next(post for post in self.posts if post["uri"] == uri)
        post["record"] = {**post["record"], "text": text}
        post["cid"] = post["cid"][:-6] + "edited"

    def delete(self, uri: str, *, record_too: bool = True) -> None:
        self.posts = [post for post in self.posts if post["uri"] != uri]
        if record_too:
            self.records_gone.add(uri)

    @property
    def asked(self) -> list[str]:
        return [request.url.path.rpartition(".")[2] for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        method: Callable[[httpx.Request], httpx.Response] = getattr(self, request.url.path.rpartition(".")[2])
        return method(request)

    def _view(self, post: dict[str, Any]) -> dict[str, Any]:
        author = {"did": self.did, "handle": self.handle, "displayName": "Élysée"}
        return {"author": author, "indexedAt": post["record"].get("createdAt"), "likeCount": 3, **post}

    def _known(self, actor: str) -> bool:
        return self.gone is None and actor in (self.did, self.handle)

    def getProfile(self, request: httpx.Request) -> httpx.Response:
        if not self._known(request.url.params["actor"]):
            return httpx.Response(400, json={"error": self.gone or "InvalidRequest", "message": "Profile not found"})
        return httpx.Response(200, json={"did": self.did, "handle": self.handle, "displayName": "Élysée"})

    def getAuthorFeed(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if not self._known(params["actor"]):
            return httpx.Response(400, json={"error": "InvalidRequest", "message": "Profile not found"})
        start, limit = int(params.get("cursor", 0)), int(params["limit"])
        page = self.posts[start : start + limit]
        body: dict[str, Any] = {"feed": [post if "post" in post else {"post": self._view(post)} for post in page]}
        if start + limit < len(self.posts):
            body["cursor"] = str(start + limit)
        etag = f'W/"{hash(json.dumps(body))}"'
        if request.headers.get("If-None-Match") == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return httpx.Response(200, json=body, headers={"ETag": etag})

    def getPosts(self, request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("uris")
        if len(wanted) > 25:
            return httpx.Response(400, json={"error": "InvalidRequest", "message": "too many uris"})
        return httpx.Response(200, json={"posts": [self._view(post) for post in self.posts if post["uri"] in wanted]})

    def getRecord(self, request: httpx.Request) -> httpx.Response:
        uri = "at://{repo}/{collection}/{rkey}".format(**request.url.params)
        if uri in self.records_gone:
            return httpx.Response(400, json={"error": "RecordNotFound", "message": f"Could not locate record: {uri}"})
        return httpx.Response(200, json={"uri": uri, "value": {}})
