"""The pipeline, killed at every call of the store: nothing is lost, and a repeat is marked where it cannot be told from the first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.leaders import load
from monitor.match import Matcher
from tests.daemon.bed import Ticking, arrived, pass_once, plan, posts, told, written
from tests.real.receiver import Answer, Receiver

MARK = "POSSIBLE REPEAT · "
WRITES = {"sync_accounts", "save_page", "triage", "apply", "claim", "mark_sent"}


def headline(words: str) -> str:
    return words.partition("\\n")[0].replace(MARK, "")


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    running.otherwise = Answer(body=b"ok")
    yield running
    running.stop()


def run(folder: Path, receiver: Receiver, matcher: Matcher, at: int = 1 << 30, *, after: bool = False) -> list[str]:
    """A pass that dies at a call, and, if it does, a second that does not."""
    folder.mkdir()
    written(folder, posts())
    clock = Ticking()

    async def passes() -> list[str]:
        made = plan(folder, receiver.url, matcher.registry, matcher)
        calls = await pass_once(made, clock, at, after=after)
        if at < 1 << 30:
            clock.at += 60
            await pass_once(made, clock)
        return calls

    return asyncio.run(passes())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_pass_killed_at_any_call_of_the_store_ends_as_if_it_had_not_been(
    tmp_path: Path, receiver: Receiver, matcher: Matcher, after: bool
) -> None:
    calls = run(tmp_path / "whole", receiver, matcher)
    whole = told(tmp_path / "whole" / "log.db")
    keyed, keyless = arrived(receiver.requests)
    assert [kind for kind, _, _ in whole["alerts"]] == ["new", "confirmed"]
    assert all(state == "sent" for _, state in whole["deliveries"])
    assert (len(keyed), len(keyless)) == (2, 2)
    told_of = {headline(words) for words in keyless}
    assert len(told_of) == 2

    places = [at for at, name in enumerate(calls, 1) if not after or name in WRITES]
    for at in places:
        receiver.requests.clear()
        run(tmp_path / f"{at}", receiver, matcher, at, after=after)
        assert told(tmp_path / f"{at}" / "log.db") == whole, f"killed at call {at}"
        keyed, keyless = arrived(receiver.requests)
        assert len(keyed) == 2, f"killed at call {at}: an alert lost, or sent again under another key"
        assert {headline(words) for words in keyless} == told_of, f"killed at call {at}: an alert lost"
        unmarked = [headline(words) for words in keyless if MARK not in words]
        assert len(unmarked) == len(set(unmarked)), f"killed at call {at}: repeated without a mark"
        assert len(keyless) <= 3, f"killed at call {at}: more than one repeat"
