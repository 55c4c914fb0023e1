"""What the fault tests share: the real matcher, and a real receiver that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.leaders import load
from monitor.match import Matcher
from tests.real.receiver import Answer, Receiver


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    return Matcher(load())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    running.otherwise = Answer(body=b"ok")
    yield running
    running.stop()
