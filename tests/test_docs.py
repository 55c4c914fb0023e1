"""The documentation names every key and command that there is, and its examples are right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from monitor.cli import COMMANDS
from monitor.cli.reference import reference
from monitor.config import Config
from monitor.sources import sources

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
ALL = "\n".join(page.read_text("utf-8") for page in [*PAGES, ROOT / "config.toml"])


def examples(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, block in enumerate(re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL), 1):
            yield f"{page.name}-{number}", block


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_documentation(command: str) -> None:
    assert re.search(rf"(?:`|hotline |bot\.py ){re.escape(command)}\b", ALL), f"{command} is documented nowhere"


def keys(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not model:
                yield from keys(inner, f"{path}.{name}")


@pytest.mark.parametrize("key", sorted(set(keys(Config))))
def test_every_key_of_the_configuration_stands_in_the_documentation(key: str) -> None:
    assert re.search(rf"\b{re.escape(key)}\b", ALL), f"{key} is documented nowhere"


@pytest.mark.parametrize("name", sources())
def test_every_source_stands_in_the_documentation(name: str) -> None:
    assert re.search(rf"\b{name}\b", ALL)


@pytest.mark.parametrize(("where", "text"), [one for one in examples("toml") if not one[0].startswith("languages")], ids=lambda value: value if "-" in value[:40] and "\n" not in value else "")
def test_every_example_of_a_configuration_is_right(where: str, text: str) -> None:
    tables = tomllib.loads(text)
    try:
        Config.model_validate(tables)
    except ValidationError as error:
        pytest.fail(f"{where}: {error}")


def test_the_reference_of_the_configuration_is_up_to_date() -> None:
    assert (ROOT / "docs/configuration.md").read_text("utf-8") == reference(), "run `make docs`"


def test_readme_names_the_test_command_that_ci_calls() -> None:
    assert "make test " in (ROOT / "README.md").read_text("utf-8")
    assert "make test" in (ROOT / ".ci/run").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
