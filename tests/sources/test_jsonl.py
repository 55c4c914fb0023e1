"""Posts as JSON lines, from files that grow, rotate and break, and from standard input."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Account, Page, Post
from monitor.sources.following import CHUNK, StandardInput
from monitor.sources.jsonl import Jsonl, JsonlSettings
from monitor.sources.records import read_line, read_record, replay
from monitor.sources.shaping import OddError

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ALICE, BOB = Account("jsonl", "alice", country="FR"), Account("jsonl", "bob", country="IN")
BOTH = {"alice": ALICE, "bob": BOB}


class Reader:
    """Reads as the poll stage does: cursors are kept from page to page."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cursors: dict[str, str] = {}
        self.restart()

    def restart(self) -> None:
        self.source = Jsonl(JsonlSettings(path=str(self.path)))

    async def pages(self, accounts: Sequence[Account] = (ALICE, BOB)) -> list[Page]:
        found = []
        async for page in self.source.fetch(accounts, dict(self.cursors), NOW):
            self.cursors |= {key: value for key, value in page.cursors.items() if value is not None}
            found.append(page)
        return found

    async def texts(self) -> list[str]:
        return [post.parts["text"] for page in await self.pages() for post in page.posts]

    def add(self, *texts: str, end: str = "\n") -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n".join(json.dumps({"id": text, "account": "alice", "text": text}) for text in texts) + end)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    made = Reader(tmp_path / "posts.jsonl")
    made.path.touch()
    return made


async def test_lines_are_read_once_as_the_file_grows(reader: Reader) -> None:
    reader.add("one", "two")
    assert await reader.texts() == ["one", "two"]
    assert await reader.texts() == []
    reader.add("three")
    assert await reader.texts() == ["three"]


async def test_a_restart_goes_on_where_it_stopped(reader: Reader) -> None:
    reader.add("one")
    await reader.texts()
    reader.restart()
    reader.add("two")
    assert await reader.texts() == ["two"]


async def test_a_page_that_is_not_stored_is_read_again(reader: Reader) -> None:
    reader.add("one")
    async for _page in reader.source.fetch([ALICE], {}, NOW):
        break
    assert await reader.texts() == ["one"]


async def test_half_a_line_waits_for_its_other_half(reader: Reader) -> None:
    with reader.path.open("a") as file:
        file.write('{"id": "1", "account": "alice", "te')
    assert await reader.texts() == []
    with reader.path.open("a") as file:
        file.write('xt": "whole"}\n')
    assert await reader.texts() == ["whole"]


async def test_a_last_line_without_a_line_end_is_read_once(reader: Reader) -> None:
    reader.add("one", end="")
    assert await reader.texts() == ["one"]
    with reader.path.open("a") as file:
        file.write("\n")
    reader.add("two")
    assert await reader.texts() == ["two"]


async def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(reader: Reader) -> None:
    reader.add("one")
    await reader.texts()
    reader.add("two")
    reader.path.rename(reader.path.with_suffix(".1"))
    reader.add("three")
    assert await reader.texts() == ["two", "three"]


async def test_a_file_cut_short_is_read_from_its_beginning(reader: Reader) -> None:
    reader.add("one", "two", "three")
    await reader.texts()
    reader.path.write_text("")
    reader.add("four")
    assert await reader.texts() == ["four"]


async def test_a_file_rewritten_to_a_greater_length_is_noticed(reader: Reader) -> None:
    reader.add("one")
    await reader.texts()
    reader.path.write_text("")
    reader.add("other words that are longer than those before", "two")
    assert await reader.texts() == ["other words that are longer than those before", "two"]


async def test_a_bad_line_is_named_and_costs_no_other(reader: Reader) -> None:
    reader.add("one")
    with reader.path.open("ab") as file:
        file.write(b'\xff\xfe not json\n[1]\n{"account": "carol", "text": "?"}\n{"account": "bob"}\n')
    reader.add("two")
    (page,) = await reader.pages()
    assert [post.parts["text"] for post in page.posts] == ["one", "two"]
    detail = page.outcomes["jsonl:alice"].detail
    assert detail.startswith("4 skipped: byte ")
    assert "not valid JSON" in detail
    assert "account 'carol' is not in config.toml" in detail
    assert page.outcomes["jsonl:bob"].kind == "ok"


async def test_a_line_of_megabytes_is_named_and_stepped_over(reader: Reader) -> None:
    reader.add("one")
    reader.add("x" * (2 * CHUNK))
    reader.add("two")
    pages = await reader.pages()
    assert [post.parts["text"] for page in pages for post in page.posts] == ["one", "two"]
    assert any("longer than" in page.outcomes["jsonl:alice"].detail for page in pages)


async def test_a_long_file_comes_in_pages_of_bounded_size(reader: Reader) -> None:
    reader.add(*(f"{number} " + "x" * 1000 for number in range(3000)))
    pages = await reader.pages()
    assert len(pages) >= 3
    assert sum(len(page.posts) for page in pages) == 3000


async def test_a_missing_file_is_an_outcome_and_is_read_once_it_is_there(reader: Reader) -> None:
    reader.path.unlink()
    (page,) = await reader.pages()
    assert page.outcomes["jsonl:alice"].kind == "unreachable"
    assert "No such file" in page.outcomes["jsonl:alice"].detail
    reader.add("one")
    assert await reader.texts() == ["one"]


async def test_accounts_are_grouped_by_their_file(reader: Reader) -> None:
    own = Account("jsonl", "carol", options={"path": "/elsewhere.jsonl"})
    assert [[account.handle for account in pack] for pack in reader.source.packs([ALICE, own, BOB])] == [
        ["alice", "bob"],
        ["carol"],
    ]


async def test_standard_input_keeps_lines_until_they_are_stored() -> None:
    lines = b'{"id": 1}\n\n' + b"x" * (CHUNK + 5) + b"\nlast without end"
    reader = StandardInput(io.BytesIO(lines))
    reader._thread.join()
    first = await reader.take(None)
    assert await reader.take(None) == first
    assert first.lines == (("line 1", '{"id": 1}\n'), ("line 4", "last without end"))
    assert first.odd == (f"line 3: longer than {CHUNK:,} bytes",)
    assert first.note == "end of input"
    reader.done(first)
    assert (await reader.take(None)).lines == ()


async def test_a_pass_over_standard_input_reads_all_that_is_piped_in() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as stream, os.fdopen(write_end, "wb", 0) as pipe:
        source = Jsonl(JsonlSettings(path="-"))
        source._open["-"] = StandardInput(stream)
        for number in range(1200):
            pipe.write(b'{"id": %d, "account": "alice", "text": "t"}\n' % number)
        posts = [post async for page in source.fetch([ALICE, BOB], {}, NOW) for post in page.posts]
        pipe.close()
        pages = [page async for page in source.fetch([ALICE, BOB], {}, NOW)]
    assert len(posts) == 1200
    assert pages[-1].posts == ()


def read(**record: object) -> Post:
    return read_record({"account": "alice", **record}, BOTH, "jsonl", NOW)


def test_every_part_is_read() -> None:
    post = read(id=7, text="t", title="i", quote="q", card="c", alt=["a", 3, "b"], parent="p", lang="fr", url="https://x.example/7",
                created_at="2026-11-22T10:00:00+02:00", version="v2", author={"id": "did:x", "handle": "alice.example"})  # fmt: skip
    assert post.parts == {"title": "i", "text": "t", "quote": "q", "card": "c", "alt": "a\nb", "parent": "p"}
    assert (post.key, post.version, post.account, post.lang, post.url) == (
        "jsonl:alice/7",
        "v2",
        "jsonl:alice",
        "fr",
        "https://x.example/7",
    )
    assert post.created_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert post.author is not None
    assert post.author.id == "did:x"


def test_an_edit_is_another_version_of_the_same_key() -> None:
    first, second = read(id="1", text="spoke with"), read(id="1", text="did not speak with")
    assert first.key == second.key
    assert first.version != second.version


def test_a_deleted_post_is_a_tombstone_without_parts() -> None:
    post = read(id="1", deleted=True, text="spoke")
    assert post.deleted
    assert not post.parts


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"id": "1"}, "no text"),
        ({"id": "1", "text": "  "}, "no text"),
        ({"parent": "p", "id": "1"}, "no text"),
        ({"deleted": True}, "no id"),
        ({"text": "t", "created_at": "yesterday"}, "no ISO 8601"),
        ({"text": "t", "created_at": 12}, "no ISO 8601"),
        ({"text": "t", "account": "carol"}, "not in config.toml"),
        ({"text": "t", "account": 5}, "no account"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(record: dict[str, object], words: str) -> None:
    with pytest.raises(OddError, match=words):
        read(**record)


def test_the_account_may_be_left_out_where_there_is_one() -> None:
    assert read_line('{"text": "t"}', {"alice": ALICE}, "jsonl", NOW).account == "jsonl:alice"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", 5, "", "x" * 3000])
def test_only_web_addresses_are_links(url: object) -> None:
    assert read(text="t", url=url).url is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "id",
        "account",
        "text",
        "title",
        "quote",
        "card",
        "alt",
        "parent",
        "url",
        "created_at",
        "lang",
        "deleted",
        "version",
        "author",
        "x",
    ]
)


@given(st.dictionaries(KEYS, JSON) | JSON)
def test_any_json_is_a_post_or_a_named_skip(value: object) -> None:
    try:
        post = read_line(json.dumps(value), {"alice": ALICE}, "jsonl", NOW)
    except OddError as reason:
        assert str(reason)
    else:
        assert post.deleted or post.parts
        post.raw and post.raw.encode()
        "".join(post.parts.values()).encode()


@given(st.text())
def test_any_line_is_a_post_or_a_named_skip(line: str) -> None:
    with pytest.raises(OddError):
        read_line(line, BOTH, "jsonl", NOW)


def test_unpaired_surrogates_become_replacement_characters() -> None:
    post = read_line('{"text": "a\\ud83d b \\ud83d\\ude00 \\u0000c"}', {"alice": ALICE}, "jsonl", NOW)
    assert post.parts["text"] == "a\ufffd b \U0001f600 c"


def test_a_replay_moves_dates_to_now() -> None:
    lines = ['{"text": "a"}', "", '{"text": "b", "after": 2.5}', '{"text": "c", "after": 1, "ago": 60}']
    played = [(at - NOW, json.loads(line)) for at, line in replay(lines, NOW)]
    assert [gap.total_seconds() for gap, _ in played] == [0, 2.5, 3.5]
    assert [record["created_at"] for _, record in played] == [
        (NOW + timedelta(seconds=shift)).isoformat() for shift in (0, 2.5, -56.5)
    ]
    assert all("after" not in record and "ago" not in record for _, record in played)


def test_a_replay_names_a_bad_line() -> None:
    with pytest.raises(ValueError, match="line 2 is no JSON object"):
        list(replay(["{}", "[]"], NOW))
