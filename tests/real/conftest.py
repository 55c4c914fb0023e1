"""Fixtures of the integration tests: real servers on loopback, started once a run, and fresh accounts, rooms and receivers.

`make test-real` skips what is not installed and says so; with `HOTLINE_REAL=all` a missing server is a failure.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.real import alertmanager as alertmanager_bed
from tests.real import at_network, homeserver, irc, mail
from tests.real.at_network import Network, Writer
from tests.real.homeserver import Homeserver, User
from tests.real.receiver import Receiver

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def atnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """PLC directory, PDS and AppView."""
    with at_network.running(tmp_path_factory.mktemp("atnet")) as network:
        yield network


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def make_account(atnet: Network, http: httpx.AsyncClient) -> Callable[[str], Awaitable[Writer]]:
    """`await make_account("modi")`: a fresh account, logged in and known to the AppView."""

    async def make(name: str) -> Writer:
        return await Writer.join(atnet, http, name)

    return make


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """A Matrix homeserver."""
    with homeserver.running(tmp_path_factory.mktemp("matrix")) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Room:
    """A room with two people in it: `alerts`, as whom Hotline writes (no rate limit), and `desk`, who reads."""

    server: Homeserver
    id: str
    alerts: User
    desk: User

    def bodies(self) -> list[str]:
        return self.server.bodies(self.id, self.desk)


@pytest.fixture
def room(matrix: Homeserver) -> Room:
    alerts, desk = matrix.register("alerts"), matrix.register("desk")
    matrix.without_limits(alerts)
    return Room(matrix, matrix.room(desk, alerts), alerts, desk)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A local HTTP receiver."""
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def smtp() -> Iterator[mail.Mailbox]:
    """A mail server."""
    with mail.running() as mailbox:
        yield mailbox


@pytest.fixture(scope="session")
def irc_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an IRC server; `irc.Reader(port, "#desk")` listens there."""
    with irc.running(tmp_path_factory.mktemp("irc")) as port:
        yield port


@pytest.fixture
def alertmanager(tmp_path: Path, receiver: Receiver) -> Iterator[alertmanager_bed.Alertmanager]:
    """An Alertmanager that forwards to `receiver`."""
    with alertmanager_bed.running(tmp_path, forward_to=f"{receiver.url}/from-alertmanager") as server:
        yield server
