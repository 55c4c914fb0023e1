"""config.toml: what is right is read, what is wrong is named with its key and a remedy."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config, ConfigError, Secret, SecretError, load, seconds

BARE = '[channels.desk]\ntype = "console"\n'


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(p) for p in caught.value.problems]


def test_a_bare_configuration_takes_every_default() -> None:
    config = load(BARE)
    assert config.database.path == "hotline.db"
    assert config.operator == "desk"
    assert config.accounts() == ()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("presidency", 15), ("pm_office", 15), ("foreign_ministry", 15), ("mission", 60), ("other", 60)],
)
def test_those_who_announce_first_are_polled_more_often(kind: str, expected: float) -> None:
    config = load(BARE + f'[[account]]\nsource = "bluesky"\nhandle = "a.test"\nkind = "{kind}"\n')
    assert config.accounts()[0].every == expected


def test_an_account_may_set_its_own_cadence() -> None:
    config = load(BARE + '[[account]]\nsource = "bluesky"\nhandle = "a.test"\nkind = "presidency"\nevery = "2m"\n')
    assert config.accounts()[0].every == 120


def test_keys_of_a_source_are_kept_for_the_source() -> None:
    config = load(BARE + '[[account]]\nsource = "feed"\nhandle = "x"\nencoding = "utf-8"\n')
    assert config.accounts()[0].options == {"encoding": "utf-8"}


def test_an_unknown_key_is_an_error_that_offers_the_one_meant() -> None:
    assert problems(BARE + '[desk]\ntimezon = "UTC"\n') == ['desk.timezon: unknown key; did you mean "timezone"?']


def test_an_unknown_table_is_an_error_that_offers_the_one_meant() -> None:
    assert 'did you mean "schedule"' in problems(BARE + "[shedule]\nevery = 5\n")[0]


def test_a_wrong_value_is_shown_with_its_remedy() -> None:
    assert problems(BARE + '[schedule]\nevery = "soon"\n') == [
        'schedule.every: "soon": a duration is written "90s", "15m", "12h", "2d", or as a number of seconds'
    ]


def test_a_word_off_the_list_offers_the_nearest() -> None:
    assert problems(BARE + '[[account]]\nsource = "x"\nhandle = "y"\nkind = "presidncy"\n') == [
        'account[1].kind: "presidncy": not a known value; did you mean "presidency"?'
    ]


def test_every_problem_is_told_at_once() -> None:
    assert len(problems(BARE + '[desk]\ntimezone = "Mars"\nnam = "x"\n[schedule]\nconcurrency = 0\n')) == 3


def test_a_missing_key_is_named() -> None:
    assert problems(BARE + '[[account]]\nsource = "bluesky"\n') == ["account[1].handle: this key is needed"]


def test_broken_toml_names_the_line() -> None:
    assert "line 1" in problems("[desk\n")[0]


def test_a_route_to_no_channel_is_an_error() -> None:
    assert problems(BARE + '[[route]]\nchannels = ["dsk"]\n') == ['route[1].channels[1]: "dsk": no such channel; did you mean "desk"?']


def test_a_fallback_must_be_another_channel_that_exists() -> None:
    assert "cannot stand in for itself" in problems('[channels.a]\ntype = "console"\nfallback = "a"\n')[0]
    assert "no such channel" in problems('[channels.a]\ntype = "console"\nfallback = "bb"\n')[0]


def test_an_account_named_twice_is_an_error() -> None:
    twice = '[[account]]\nsource = "bluesky"\nhandle = "a"\n' * 2
    assert problems(BARE + twice) == ['account: "bluesky:a": stands 2 times; keep one']


def test_nowhere_to_post_is_an_error() -> None:
    assert "[channels.console]" in problems("")[0]


@pytest.mark.parametrize(
    ("written", "expected"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172800), ("250ms", 0.25), (7, 7), (0.5, 0.5), ("1.5h", 5400)]
)
def test_durations_are_read_as_people_write_them(written: object, expected: float) -> None:
    assert seconds(written) == pytest.approx(expected)


@given(st.one_of(st.text(), st.booleans(), st.none(), st.floats(max_value=-1e-9), st.lists(st.integers())))
def test_anything_else_is_no_duration(value: object) -> None:
    try:
        assert seconds(value) >= 0
    except ValueError as error:
        assert "duration" in str(error)


def test_a_secret_in_the_open_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="never stands here in the open") as caught:
        Secret.model_validate("hunter2")
    assert "env" in str(caught.value)


def test_a_secret_comes_from_the_environment_or_a_file() -> None:
    assert Secret(env="TOKEN").reveal({"TOKEN": " abc \n"}, str) == "abc"
    assert Secret(file="/run/token").reveal({}, {"/run/token": "xyz\n"}.__getitem__) == "xyz"


def test_a_missing_secret_names_where_it_was_looked_for() -> None:
    with pytest.raises(SecretError, match="environment variable TOKEN is not set"):
        Secret(env="TOKEN").reveal({}, str)

    def missing(path: str) -> str:
        raise FileNotFoundError(path)

    with pytest.raises(SecretError, match="file /run/token cannot be read"):
        Secret(file="/run/token").reveal({}, missing)


def test_a_secret_has_exactly_one_place() -> None:
    for table in ({}, {"env": "A", "file": "b"}):
        with pytest.raises(ValueError, match="either"):
            Secret.model_validate(table)


@given(st.text())
def test_any_text_is_either_a_configuration_or_named_problems(text: str) -> None:
    try:
        assert isinstance(load(text), Config)
    except ConfigError as error:
        assert error.problems
        assert all(p.key and p.remedy for p in error.problems)


SCALARS = st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.floats(allow_nan=False))
TABLES = ("desk", "schedule", "limits", "match", "database", "channels", "account", "route", "readout", "leader", "sources")


@given(st.dictionaries(st.sampled_from(TABLES), st.one_of(SCALARS, st.lists(SCALARS), st.dictionaries(st.text(), SCALARS)), max_size=4))
def test_wrong_shapes_are_named_and_never_crash(tables: dict[str, object]) -> None:
    try:
        Config.model_validate(tables)
    except ValueError as error:
        assert not isinstance(error, tomllib.TOMLDecodeError)
