"""Walking back: whatever an account does between two polls, each new post comes once, and none from before the first look."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from monitor.sources import walking

PAGE = 4


@dataclass
class Model:
    """A list of posts, newest first, and a poller of it as the sources are."""

    posts: list[str] = field(default_factory=list)
    made: int = 0
    memory: str | None = None
    live: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def add(self, count: int, prefix: str = "p") -> None:
        for _ in range(count):
            self.made += 1
            self.posts.insert(0, f"{prefix}{self.made}")

    def page(self, start: int) -> list[str]:
        return self.posts[start : start + (PAGE if start == 0 else 2 * PAGE)]

    def poll(self, most: int = 100, crash_after: int | None = None) -> None:
        marks: list[str] = []
        start = 0
        for number in range(1, most + 1):
            here = self.page(start)
            start += len(here)
            more = start < len(self.posts)
            seen = (self.memory or "").split()
            border = walking.old_from(self.memory, here)
            marks += here
            if self.memory is not None:
                self.live += [mark for mark in here[:border] if mark not in seen and mark not in self.live]
                self.logged += [mark for mark in here[border:] if mark not in seen]
            if crash_after == number:
                return
            if walking.over(self.memory, here, more=more) or number == most:
                row = walking.remember(marks, self.memory, whole=not more)
                self.memory = self.memory if row is None else row
                return


@given(
    st.integers(0, 12),
    st.lists(st.tuples(st.integers(0, 15), st.booleans(), st.one_of(st.none(), st.integers(1, 3))), max_size=8),
)
def test_every_new_post_comes_and_none_from_before(before: int, steps: list[tuple[int, bool, int | None]]) -> None:
    model = Model()
    model.add(before)
    model.poll()
    first_sight = set(model.posts)
    for count, polled, crash in steps:
        model.add(count)
        if polled:
            model.poll(crash_after=crash)
    model.poll()
    added = [f"p{number}" for number in range(before + 1, model.made + 1)]
    assert sorted(model.live) == sorted(added)
    assert not set(model.live) & first_sight


@given(st.integers(0, 12), st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(0, 20), max_size=3)), max_size=8))
def test_deletions_bring_no_old_post_back_as_new(before: int, steps: list[tuple[int, list[int]]]) -> None:
    model = Model()
    model.add(before)
    model.poll()
    for count, deleted in steps:
        model.add(count)
        model.poll()
        for place in deleted:
            if len(model.posts) > PAGE and place < len(model.posts) - 1:
                del model.posts[place + 1]
        model.poll()
    if before > PAGE:  # else everything was seen at first sight
        assert not any(int(mark[1:]) <= before - PAGE for mark in model.live)


def test_a_repost_made_anew_does_not_hide_new_posts() -> None:
    model = Model()
    model.add(20)
    model.posts.insert(1, "~repost")
    model.poll()
    model.posts.remove("~repost")
    model.add(10)
    model.posts.insert(0, "~repost")
    model.poll()
    assert len(model.live) == 10


def test_a_list_seen_whole_has_nothing_older() -> None:
    model = Model()
    model.add(2)
    model.poll()
    assert model.memory == "p2 p1 *"
    model.posts.append("backdated")
    model.poll()
    assert model.live == ["backdated"]


def test_in_a_longer_list_what_lies_below_everything_known_is_for_the_log() -> None:
    model = Model()
    model.add(20)
    model.poll()
    del model.posts[0]
    model.poll()
    assert model.live == []
    assert model.logged == ["p16"]


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    memory: str | None = None
    for number in range(600):
        memory = walking.remember([f"m{number}", f"m{number - 1}"], memory, whole=True) or memory
    kept = (memory or "").split()
    assert len(kept) <= walking.REMEMBERED + 2
    assert kept[0] == "m599"
    assert walking.ALL not in kept
