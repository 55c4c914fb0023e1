"""What the fuzzer once found or began from holds in every run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_bears_its_seeds(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)
        TARGETS[name](seed[: len(seed) // 2])


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_bears_what_once_broke_it(name: str) -> None:
    for path in sorted((CORPUS / name).glob("crash-*")):
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=300))
@settings(max_examples=50)
def test_a_target_bears_noise(name: str, data: bytes) -> None:
    TARGETS[name](data)
